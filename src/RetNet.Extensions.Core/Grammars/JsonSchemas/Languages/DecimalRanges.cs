using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas.Languages;

/// <summary>
/// Decimals without sign and exponent, as JSON writes them, that are above or below a bound: digits are compared from the left, so that
/// such a set is a regular language of as many states as the bound has digits.
/// </summary>
internal sealed class DecimalRanges
{
    private readonly ExpressionPool _pool;
    private readonly Expression _digit, _firstDigit, _digits, _zeros, _point, _anyFraction;

    public DecimalRanges(ExpressionPool pool)
    {
        _pool = pool;
        _digit = pool.Range('0', '9');
        _firstDigit = pool.Range('1', '9');
        _digits = pool.Repeat(_digit, 0);
        _zeros = pool.Repeat(pool.Literal("0"), 0);
        _point = pool.Literal(".");
        _anyFraction = pool.Optional(pool.Sequence(_point, _digit, _digits));
        ZeroFraction = pool.Optional(pool.Sequence(_point, pool.Repeat(pool.Literal("0"), 1)));
        Whole = pool.Or(pool.Literal("0"), pool.Sequence(_firstDigit, _digits));
        Decimal = pool.Sequence(Whole, _anyFraction);
    }

    public Expression Whole { get; }

    /// <summary>No fraction, or one of zeros.</summary>
    public Expression ZeroFraction { get; }

    public Expression Decimal { get; }

    /// <summary>The ways to write one value, its sign included.</summary>
    public Expression Exactly(DecimalText value)
    {
        Expression sign = value.IsNegative ? _pool.Literal("-") : value.IsZero ? _pool.Optional(_pool.Literal("-")) : _pool.Empty;
        Expression fraction = value.IsInteger ? ZeroFraction : _pool.Sequence(_point, _pool.Literal(value.Fraction), _zeros);
        return _pool.Sequence(sign, _pool.Literal(value.Digits), fraction);
    }

    /// <summary>Those whose value is at least, or above, a bound's magnitude.</summary>
    public Expression Above(DecimalText bound, bool isExclusive)
    {
        string whole = bound.Digits;
        List<Expression> members = [_pool.Sequence(_firstDigit, _pool.Repeat(_digit, whole.Length), _anyFraction)];
        for (int i = 0; i < whole.Length; i++)
        {
            if (whole[i] < '9')
                members.Add(_pool.Sequence(Until(whole, i, (char)(whole[i] + 1), '9'), _anyFraction));
        }

        members.Add(_pool.Sequence(_pool.Literal(whole), FractionAbove(bound.Fraction, isExclusive)));
        return _pool.Or(CollectionsMarshal.AsSpan(members));
    }

    /// <summary>Those whose value is at most, or below, a bound's magnitude.</summary>
    public Expression Below(DecimalText bound, bool isExclusive)
    {
        string whole = bound.Digits;
        List<Expression> members = [];
        if (whole.Length > 1)
        {
            members.Add(_pool.Sequence(_pool.Literal("0"), _anyFraction));
            members.Add(_pool.Sequence(_firstDigit, _pool.Repeat(_digit, 0, whole.Length - 2), _anyFraction));
        }

        for (int i = 0; i < whole.Length; i++)
        {
            char lowest = i == 0 && whole.Length > 1 ? '1' : '0';
            if (whole[i] > lowest)
                members.Add(_pool.Sequence(Until(whole, i, lowest, (char)(whole[i] - 1)), _anyFraction));
        }

        members.Add(_pool.Sequence(_pool.Literal(whole), FractionBelow(bound.Fraction, isExclusive)));
        return _pool.Or(CollectionsMarshal.AsSpan(members));
    }

    /// <summary>As many digits as the whole part has, of which the first to differ from it is in a range.</summary>
    private Expression Until(string whole, int differing, char lowest, char highest) => _pool.Sequence(
        _pool.Literal(whole[..differing]), _pool.Range(lowest, highest),
        _pool.Repeat(_digit, whole.Length - 1 - differing, whole.Length - 1 - differing));

    private Expression FractionAbove(string fraction, bool isExclusive)
    {
        Expression more = _pool.Sequence(_zeros, _firstDigit, _digits);
        if (fraction.Length == 0)
            return isExclusive ? _pool.Sequence(_point, more) : _anyFraction;
        List<Expression> members = [_pool.Sequence(_pool.Literal(fraction), isExclusive ? more : _digits)];
        for (int i = 0; i < fraction.Length; i++)
        {
            if (fraction[i] < '9')
                members.Add(_pool.Sequence(_pool.Literal(fraction[..i]), _pool.Range(fraction[i] + 1, '9'), _digits));
        }

        return _pool.Sequence(_point, _pool.Or(CollectionsMarshal.AsSpan(members)));
    }

    private Expression FractionBelow(string fraction, bool isExclusive)
    {
        if (fraction.Length == 0)
            return isExclusive ? _pool.Nothing : ZeroFraction;
        List<Expression> members = [];
        if (!isExclusive)
            members.Add(_pool.Sequence(_pool.Literal(fraction), _zeros));
        for (int i = 0; i < fraction.Length; i++)
        {
            if (i > 0)
                members.Add(_pool.Literal(fraction[..i]));
            if (fraction[i] > '0')
                members.Add(_pool.Sequence(_pool.Literal(fraction[..i]), _pool.Range('0', fraction[i] - 1), _digits));
        }

        return _pool.Optional(_pool.Sequence(_point, _pool.Or(CollectionsMarshal.AsSpan(members))));
    }
}
