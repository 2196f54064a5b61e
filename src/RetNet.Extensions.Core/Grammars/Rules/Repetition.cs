using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.Rules;

/// <summary>A symbol several times, counted while a text goes on.</summary>
internal static class Repetition
{
    /// <param name="name">For errors.</param>
    /// <param name="pool">The lock of the rules.</param>
    /// <param name="symbol">What is repeated. It may be empty only where nothing repeats it without bound.</param>
    /// <param name="minimum">How often at least.</param>
    /// <param name="maximum">How often at most, or <see cref="ExpressionPool.Unbounded"/>.</param>
    public static Rule Of(string name, ExpressionPool pool, Symbol symbol, int minimum, int maximum)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minimum);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, minimum);
        Rule self = null!;
        return self = new Rule(name, pool, () =>
        {
            if (maximum == 0)
                return [[]];
            Rule rest = minimum == 0 && maximum == ExpressionPool.Unbounded
                ? self
                : Of(name, pool, symbol, Math.Max(minimum - 1, 0), maximum == ExpressionPool.Unbounded ? maximum : maximum - 1);
            return minimum == 0 ? [[], [symbol, rest]] : [[symbol, rest]];
        });
    }
}
