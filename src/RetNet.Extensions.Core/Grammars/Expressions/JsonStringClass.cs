namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>One character of a set as a JSON string writes it: itself, a short escape, or <c>\u</c> with four hexadecimal digits of either
/// case, twice for a surrogate pair.</summary>
internal static class JsonStringClass
{
    /// <summary>The plain characters, which stand for themselves: neither control characters nor <c>"</c> nor <c>\</c>.</summary>
    public static readonly CodePointSet Unescaped = CodePointSet.Of((0x20, 0x21), (0x23, 0x5B), (0x5D, CodePointSet.Last));

    private static readonly CodePointSet Printable = CodePointSet.Of((' ', '~'));

    private static readonly (int CodePoint, byte Letter)[] ShortEscapes =
    [
        ('"', (byte)'"'), ('\\', (byte)'\\'), ('/', (byte)'/'), ('\b', (byte)'b'), ('\f', (byte)'f'), ('\n', (byte)'n'), ('\r', (byte)'r'),
        ('\t', (byte)'t'),
    ];

    /// <param name="pool">Has the expression.</param>
    /// <param name="set">The characters.</param>
    /// <param name="isUsual">Whether printable ASCII characters are escaped only where they must be, and then shortly.</param>
    public static Expression Create(ExpressionPool pool, CodePointSet set, bool isUsual)
    {
        ByteSet letters = default;
        foreach ((int codePoint, byte letter) in ShortEscapes)
        {
            if (set.Contains(codePoint) && !(isUsual && codePoint == '/'))
                letters |= ByteSet.Of(letter);
        }

        CodePointSet digits = isUsual ? set.Intersection(Printable.Complement()) : set;
        Expression four = Units(pool, 0, 0x10000, (first, last) => Bmp(pool, digits, first, last));
        return pool.Or(new Utf8Class(pool, set.Intersection(Unescaped)).Expression,
            pool.Sequence(pool.Literal("\\"u8), pool.Or(pool.Bytes(letters), pool.Sequence(pool.Literal("u"u8), four))));
    }

    /// <summary>What follows the digits of the UTF-16 units of a range, where it is the same for all of them.</summary>
    private static Expression? Bmp(ExpressionPool pool, CodePointSet set, int first, int last)
    {
        if (first >= 0xD800 && last <= 0xDFFF)
        {
            return first >= 0xDC00
                ? pool.Nothing
                : first == last ? LowSurrogates(pool, set, first) : HighSurrogates(pool, set, first, last);
        }

        if (first <= 0xDFFF && last >= 0xD800)
            return null;
        return !set.Overlaps(first, last) ? pool.Nothing : set.Covers(first, last) ? pool.Empty : null;
    }

    private static Expression? HighSurrogates(ExpressionPool pool, CodePointSet set, int first, int last)
    {
        if (last > 0xDBFF)
            return null;
        int start = 0x10000 + ((first - 0xD800) << 10), end = 0x10000 + ((last - 0xD800 + 1) << 10) - 1;
        if (!set.Overlaps(start, end))
            return pool.Nothing;
        return set.Covers(start, end) ? LowSurrogates(pool, set, first) : null;
    }

    private static Expression LowSurrogates(ExpressionPool pool, CodePointSet set, int high)
    {
        int start = 0x10000 + ((high - 0xD800) << 10);
        Expression low = Units(pool, 0, 0x10000, (first, last) =>
        {
            if (last < 0xDC00 || first > 0xDFFF)
                return pool.Nothing;
            if (first < 0xDC00 || last > 0xDFFF)
                return null;
            (int from, int to) = (start + first - 0xDC00, start + last - 0xDC00);
            return !set.Overlaps(from, to) ? pool.Nothing : set.Covers(from, to) ? pool.Empty : null;
        });
        return pool.Sequence(pool.Literal("\\u"u8), low);
    }

    /// <summary>Hexadecimal digits of the units from <paramref name="first"/> on, then what <paramref name="after"/> says of
    /// them.</summary>
    private static Expression Units(ExpressionPool pool, int first, int count, Func<int, int, Expression?> after)
    {
        Dictionary<Expression, ByteSet> branches = [];
        for (int digit = 0; digit < 16; digit++)
        {
            int size = count / 16, start = first + digit * size;
            Expression tail = after(start, start + size - 1) is { } same
                ? (same == pool.Nothing ? same : pool.Sequence(pool.Repeat(Hexadecimal(pool), Digits(size), Digits(size)), same))
                : Units(pool, start, size, after);
            branches[tail] = branches.GetValueOrDefault(tail)
                | ByteSet.Of((byte)"0123456789abcdef"[digit]) | ByteSet.Of((byte)"0123456789ABCDEF"[digit]);
        }

        Expression union = pool.Nothing;
        foreach ((Expression tail, ByteSet digits) in branches)
            union = pool.Or(union, pool.Sequence(pool.Bytes(digits), tail));
        return union;
    }

    private static int Digits(int size) => size switch { 1 => 0, 16 => 1, 256 => 2, _ => 3 };

    private static Expression Hexadecimal(ExpressionPool pool) =>
        pool.Bytes(ByteSet.Range('0', '9') | ByteSet.Range('a', 'f') | ByteSet.Range('A', 'F'));
}
