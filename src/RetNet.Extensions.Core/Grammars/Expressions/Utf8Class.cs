namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>One character of a set, in UTF-8: by leading byte, then by each continuation byte, equal branches joined.</summary>
internal readonly struct Utf8Class
{
    private readonly ExpressionPool _pool;
    private readonly CodePointSet _set;

    public Utf8Class(ExpressionPool pool, CodePointSet set)
    {
        (_pool, _set) = (pool, set);
        Expression = pool.Or(
            Branches(0x00, 0x80, 0x00, 1, 0, 0),
            Branches(0xC2, 0x1E, 0x80, 1 << 6, 1, 0),
            Branches(0xE0, 0x10, 0, 1 << 12, 2, 0x800),
            Branches(0xF0, 0x05, 0, 1 << 18, 3, 0x10000));
    }

    public Expression Expression { get; }

    /// <param name="firstByte">The byte of the first branch.</param>
    /// <param name="count">Branches: one per byte from there.</param>
    /// <param name="start">The first code point of the first branch.</param>
    /// <param name="size">Code points of a branch.</param>
    /// <param name="bytesLeft">Continuation bytes after this one.</param>
    /// <param name="lowest">Code points below it have a shorter form.</param>
    private Expression Branches(int firstByte, int count, int start, int size, int bytesLeft, int lowest)
    {
        Dictionary<Expression, ByteSet> branches = [];
        for (int i = 0; i < count; i++)
        {
            int first = Math.Max(start + i * size, lowest), last = Math.Min(start + (i + 1) * size - 1, CodePointSet.Last);
            if (first > last || !_set.Overlaps(first, last))
                continue;
            Expression tail = bytesLeft == 0 ? _pool.Empty
                : IsWhole(first, last, size) ? _pool.Repeat(_pool.Range(0x80, 0xBF), bytesLeft, bytesLeft)
                : Branches(0x80, 64, start + i * size, size >> 6, bytesLeft - 1, lowest);
            branches[tail] = branches.GetValueOrDefault(tail) | ByteSet.Of((byte)(firstByte + i));
        }

        List<Expression> all = [];
        foreach ((Expression tail, ByteSet bytes) in branches)
            all.Add(_pool.Sequence(_pool.Bytes(bytes), tail));
        return _pool.Or([.. all]);
    }

    private bool IsWhole(int first, int last, int size) =>
        last - first + 1 == size && (last < 0xD800 || first > 0xDFFF) && _set.Covers(first, last);
}
