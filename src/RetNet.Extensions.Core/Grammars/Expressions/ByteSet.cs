using System.Numerics;

namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>A set of bytes: 256 bits.</summary>
internal readonly record struct ByteSet(ulong Bits0, ulong Bits1, ulong Bits2, ulong Bits3)
{
    public static readonly ByteSet All = ~default(ByteSet);

    public bool IsEmpty => (Bits0 | Bits1 | Bits2 | Bits3) == 0;

    public static ByteSet Of(byte value) => Range(value, value);

    /// <summary>The bytes from one to another, both included.</summary>
    public static ByteSet Range(int first, int last)
    {
        return new ByteSet(Word(0), Word(1), Word(2), Word(3));

        ulong Word(int index)
        {
            int from = Math.Max(first - 64 * index, 0), to = Math.Min(last - 64 * index, 63);
            return from > to ? 0 : ulong.MaxValue >> 63 - to & ulong.MaxValue << from;
        }
    }

    public static ByteSet Of(ReadOnlySpan<byte> values)
    {
        ByteSet set = default;
        foreach (byte value in values)
            set |= Of(value);
        return set;
    }

    public bool Contains(int value) => (Word(value >> 6) >> (value & 63) & 1) != 0;

    /// <summary>The lowest member that is at least <paramref name="value"/>, or 256.</summary>
    public int NextFrom(int value)
    {
        for (int index = value >> 6; index < 4; index++)
        {
            ulong word = Word(index);
            if (index == value >> 6)
                word &= ulong.MaxValue << (value & 63);
            if (word != 0)
                return 64 * index + BitOperations.TrailingZeroCount(word);
        }

        return 256;
    }

    /// <summary>The highest member that is at most <paramref name="value"/>, or 0.</summary>
    public int LastUpTo(int value)
    {
        for (int index = value >> 6; index >= 0; index--)
        {
            ulong word = Word(index);
            if (index == value >> 6)
                word &= ulong.MaxValue >> 63 - (value & 63);
            if (word != 0)
                return 64 * index + BitOperations.Log2(word);
        }

        return 0;
    }

    /// <summary>The bytes at which membership changes: those in the set whose predecessor is not, and the other way round.</summary>
    public ByteSet Boundaries()
    {
        ByteSet shifted = new(Bits0 << 1, Bits1 << 1 | Bits0 >> 63, Bits2 << 1 | Bits1 >> 63, Bits3 << 1 | Bits2 >> 63);
        return new ByteSet(Bits0 ^ shifted.Bits0, Bits1 ^ shifted.Bits1, Bits2 ^ shifted.Bits2, Bits3 ^ shifted.Bits3);
    }

    public static ByteSet operator |(ByteSet left, ByteSet right) =>
        new(left.Bits0 | right.Bits0, left.Bits1 | right.Bits1, left.Bits2 | right.Bits2, left.Bits3 | right.Bits3);

    public static ByteSet operator &(ByteSet left, ByteSet right) =>
        new(left.Bits0 & right.Bits0, left.Bits1 & right.Bits1, left.Bits2 & right.Bits2, left.Bits3 & right.Bits3);

    public static ByteSet operator ~(ByteSet set) => new(~set.Bits0, ~set.Bits1, ~set.Bits2, ~set.Bits3);

    private ulong Word(int index) => index switch { 0 => Bits0, 1 => Bits1, 2 => Bits2, _ => Bits3 };
}
