using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.Rules;

/// <summary>A symbol several times, counted while a text goes on.</summary>
internal static class Repetition
{
    /// <param name="name">For errors.</param>
    /// <param name="pool">The lock of the rules.</param>
    /// <param name="symbol">What is repeated.</param>
    /// <param name="minimum">How often at least; 0 means the same, and costs less, where the symbol may be empty.</param>
    /// <param name="maximum">How often at most, or <see cref="ExpressionPool.Unbounded"/>.</param>
    public static Rule Of(string name, ExpressionPool pool, Symbol symbol, int minimum, int maximum) =>
        Of(name, pool, symbol, minimum, maximum, null);

    private static Rule Of(string name, ExpressionPool pool, Symbol symbol, int minimum, int maximum, Rule? wider)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minimum);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, minimum);
        Rule self = null!;
        return self = new Rule(name, pool, Alternatives) { Wider = wider };

        Symbol[][] Alternatives()
        {
            if (maximum == 0)
                return [[]];
            Rule rest = minimum == 0 && maximum == ExpressionPool.Unbounded
                ? self
                : Of(name, pool, symbol, Math.Max(minimum - 1, 0), maximum == ExpressionPool.Unbounded ? maximum : maximum - 1,
                    minimum == 0 ? self : null);
            return minimum == 0 ? [[], [symbol, rest]] : [[symbol, rest]];
        }
    }
}
