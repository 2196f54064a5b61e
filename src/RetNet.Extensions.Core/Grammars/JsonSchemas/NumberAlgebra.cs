using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Languages;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>Sets of numbers.</summary>
internal sealed class NumberAlgebra : ComplementAlgebra<NumberSet>
{
    // Whether a language has a text is found by a search over remainders.
    private const int LargestDivisor = 5_000;

    private readonly ExpressionPool _pool;
    private readonly DecimalRanges _ranges;
    private readonly NumberSet _integers, _writtenIntegers;

    public NumberAlgebra(JsonSyntax syntax)
    {
        _pool = syntax.Pool;
        _ranges = new DecimalRanges(_pool);
        All = new NumberSet(null, syntax.AnyNumber, false);
        _integers = new NumberSet(null, Signed(_pool.Sequence(_ranges.Whole, _ranges.ZeroFraction)), true);
        _writtenIntegers = new NumberSet(null, Signed(_ranges.Whole), true);
    }

    public override NumberSet All { get; }

    public override NumberSet None => NumberSet.None;

    /// <summary>All decimals without exponents.</summary>
    public Expression Decimals => Signed(_ranges.Decimal);

    public NumberSet AtLeast(DecimalText bound, bool isExclusive) => Language(
        bound.IsNegative || bound.IsZero && !isExclusive
            ? _pool.Or(_ranges.Decimal, Negative(_ranges.Below(bound, isExclusive)))
            : _ranges.Above(bound, isExclusive));

    public NumberSet AtMost(DecimalText bound, bool isExclusive) => Language(
        bound.IsNegative || bound.IsZero && isExclusive
            ? Negative(_ranges.Above(bound, isExclusive))
            : _pool.Or(Negative(_ranges.Decimal), _ranges.Below(bound, isExclusive)));

    /// <param name="divisor">Above zero.</param>
    /// <param name="place">For errors of sets that are made of the multiples.</param>
    /// <exception cref="GrammarException">The divisor is not above zero, or has too many digits.</exception>
    public NumberSet Multiples(DecimalText divisor, SchemaNode place)
    {
        string digits = (divisor.Digits + divisor.Fraction).TrimStart('0');
        if (divisor.IsNegative || divisor.IsZero)
            throw new GrammarException("", "expected a number above 0");
        if (digits.Length > 17 || divisor.Fraction.Length > 300)
            throw new GrammarException("", $"{divisor} has too many digits");
        long modulus = long.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
        return new NumberSet(null, Signed(_pool.Multiples(modulus, divisor.Fraction.Length)), divisor.IsInteger,
            modulus > LargestDivisor ? place : null);
    }

    public override NumberSet And(NumberSet left, NumberSet right)
    {
        if (left == All || right == None)
            return right;
        if (right == All || left == None || left == right)
            return left;
        if (left.Values is not null)
            return NumberSet.Of(left.Values.Where(value => Contains(right, value)));
        if (right.Values is not null)
            return NumberSet.Of(right.Values.Where(value => Contains(left, value)));
        if (left == _integers && right.AreIntegers)
            return right;
        if (right == _integers && left.AreIntegers)
            return left;
        if ((left.Large ?? right.Large) is { } place)
            throw place.Refuse("so large a divisor beside other conditions");
        return new NumberSet(null, _pool.And(left.Language, right.Language), left.AreIntegers || right.AreIntegers);
    }

    public override NumberSet Or(NumberSet left, NumberSet right)
    {
        if (left == All || right == None)
            return left;
        if (right == All || left == None)
            return right;
        return left.Values is not null && right.Values is not null
            ? NumberSet.Of(left.Values.Concat(right.Values))
            : new NumberSet(null, _pool.Or(LanguageOf(left), LanguageOf(right)), left.AreIntegers && right.AreIntegers);
    }

    public override NumberSet Not(NumberSet set) =>
        set == None ? All : set == All ? None : Language(_pool.Without(Decimals, LanguageOf(set)));

    public override bool IsNone(NumberSet set) => set == None;

    /// <summary>Whether a set has a member.</summary>
    /// <exception cref="GrammarException">Deciding it takes too many states.</exception>
    public bool HasMember(NumberSet set) => set.Values is not null ? set.Values.Count > 0 : !_pool.IsEmpty(set.Language);

    public Expression LanguageOf(NumberSet set)
    {
        if (set.Values is not { } values)
            return set.Language;
        Expression[] languages = [.. values.Select(_ranges.Exactly)];
        return _pool.Or(languages);
    }

    protected override NumberSet SetOf(Condition leaf) => leaf switch
    {
        Condition.Types types => types.Allowed.HasFlag(JsonTypes.Number) ? All
            : !types.Allowed.HasFlag(JsonTypes.Integer) ? None
            : types.AreIntegersWritten ? _writtenIntegers : _integers,
        Condition.Values values =>
            NumberSet.Of(values.Members.Where(value => value.Kind == JsonValueKind.Number).Select(DecimalText.Read)),
        Condition.Number number => ReadNumber(number),
        _ => All,
    };

    private NumberSet ReadNumber(Condition.Number number)
    {
        try
        {
            return number.Read(this);
        }
        catch (GrammarException exception)
        {
            throw number.Place.Refuse(exception);
        }
    }

    private bool Contains(NumberSet set, DecimalText value) => set == All
        || (set.Values is { } values ? values.Contains(value) : _pool.Matches(set.Language, Encoding.UTF8.GetBytes(value.ToString())));

    private static NumberSet Language(Expression language) => new(null, language, false);

    private Expression Negative(Expression magnitude) => _pool.Sequence(_pool.Literal("-"), magnitude);

    private Expression Signed(Expression magnitude) => _pool.Sequence(_pool.Optional(_pool.Literal("-")), magnitude);
}

/// <summary>
/// A set of numbers: some values, or the language of all decimals (without exponents) whose value is in the set, however many zeros end
/// their fraction.
/// </summary>
/// <param name="Values">The values, if the set is given so.</param>
/// <param name="Language">Otherwise the language.</param>
/// <param name="AreIntegers">Whether all members are known to be integers.</param>
/// <param name="Large">The keyword of multiples of so large a number that their language cannot be intersected with others.</param>
internal sealed record NumberSet(
    IReadOnlySet<DecimalText>? Values, Expression Language, bool AreIntegers, SchemaNode? Large = null)
{
    public static readonly NumberSet None = new(new HashSet<DecimalText>(), default, true);

    public static NumberSet Of(params IEnumerable<DecimalText> values)
    {
        HashSet<DecimalText> set = [.. values];
        return set.Count == 0 ? None : new NumberSet(set, default, set.All(value => value.IsInteger));
    }
}
