namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>A set of Unicode scalar values (code points without surrogates), as sorted ranges.</summary>
internal sealed class CodePointSet : IEquatable<CodePointSet>
{
    public const int Last = 0x10FFFF;

    public static readonly CodePointSet None = new([]);
    public static readonly CodePointSet All = Of((0, Last));

    private readonly (int First, int Last)[] _ranges;

    private CodePointSet((int First, int Last)[] ranges) => _ranges = ranges;

    public ReadOnlySpan<(int First, int Last)> Ranges => _ranges;

    public bool IsEmpty => _ranges.Length == 0;

    /// <summary>The scalar values in some ranges, both ends included.</summary>
    public static CodePointSet Of(params ReadOnlySpan<(int First, int Last)> ranges)
    {
        List<(int First, int Last)> scalars = new(ranges.Length + 1);
        foreach ((int first, int last) in ranges)
        {
            Add(first, Math.Min(last, 0xD7FF));
            Add(Math.Max(first, 0xE000), Math.Min(last, Last));
        }

        scalars.Sort();
        List<(int First, int Last)> merged = [];
        foreach ((int first, int last) in scalars)
        {
            if (merged.Count > 0 && first <= merged[^1].Last + 1)
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
            else
                merged.Add((first, last));
        }

        return new CodePointSet([.. merged]);

        void Add(int first, int last)
        {
            if (first <= last)
                scalars.Add((first, last));
        }
    }

    /// <summary>The characters of a text.</summary>
    public static CodePointSet Of(string characters) => Of([.. characters.EnumerateRunes().Select(rune => (rune.Value, rune.Value))]);

    public bool Contains(int codePoint) => Overlaps(codePoint, codePoint);

    /// <summary>Whether any of a range is in the set.</summary>
    public bool Overlaps(int first, int last)
    {
        int at = FirstEndingFrom(first);
        return at < _ranges.Length && _ranges[at].First <= last;
    }

    /// <summary>Whether all of a range is in the set; surrogates do not count.</summary>
    public bool Covers(int first, int last)
    {
        if (first is >= 0xD800 and <= 0xDFFF)
            first = 0xE000;
        if (last is >= 0xD800 and <= 0xDFFF)
            last = 0xD7FF;
        if (first < 0xD800 && last > 0xDFFF)
            return Covers(first, 0xD7FF) && Covers(0xE000, last);
        int at = FirstEndingFrom(first);
        return first > last || at < _ranges.Length && _ranges[at].First <= first && _ranges[at].Last >= last;
    }

    public CodePointSet Union(CodePointSet other) => Of([.. _ranges, .. other._ranges]);

    public CodePointSet Complement()
    {
        List<(int First, int Last)> gaps = [];
        int next = 0;
        foreach ((int first, int last) in _ranges)
        {
            if (first > next)
                gaps.Add((next, first - 1));
            next = last + 1;
        }

        gaps.Add((next, Last));
        return Of([.. gaps]);
    }

    public CodePointSet Intersection(CodePointSet other) => Complement().Union(other.Complement()).Complement();

    public bool Equals(CodePointSet? other) => other is not null && _ranges.AsSpan().SequenceEqual(other._ranges);

    public override bool Equals(object? obj) => Equals(obj as CodePointSet);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach ((int first, int last) in _ranges)
        {
            hash.Add(first);
            hash.Add(last);
        }

        return hash.ToHashCode();
    }

    private int FirstEndingFrom(int codePoint)
    {
        int low = 0, high = _ranges.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].Last < codePoint)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
