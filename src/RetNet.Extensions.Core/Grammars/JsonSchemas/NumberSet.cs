using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>
/// A set of numbers: some values, or the language of all decimals (without exponents) whose value is in the set, however many zeros end
/// their fraction.
/// </summary>
/// <param name="Values">The values, if the set is given so.</param>
/// <param name="Language">Otherwise the language.</param>
/// <param name="AreIntegers">Whether all members are known to be integers.</param>
internal sealed record NumberSet(IReadOnlyList<DecimalText>? Values, Expression Language, bool AreIntegers)
{
    public static readonly NumberSet None = new([], default, true);

    public static NumberSet Of(IReadOnlyList<DecimalText> values) =>
        values.Count == 0 ? None : new NumberSet(values, default, values.All(value => value.IsInteger));
}
