using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RetNet.Extensions.Core.Formats.Blocks;

/// <summary>The formats whose four bits name one of sixteen numbers: IQ4_NL, IQ4_XS, MXFP4 and NVFP4.</summary>
internal static unsafe class TableBlocks
{
    private const int Group = 32;
    private const int SmallGroup = 16;
    private const int Groups = 8;

    /// <summary>The numbers of IQ4_NL and IQ4_XS (kvalues_iq4nl of ggml): denser near zero.</summary>
    public static ReadOnlySpan<sbyte> Curve => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>Twice the numbers of a float of four bits, E2M1 of the OCP Microscaling specification.</summary>
    public static ReadOnlySpan<sbyte> DoubledE2M1 => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    /// <summary>Half of a power of two: the scale of <see cref="DoubledE2M1"/> for a byte E8M0, 2^(exponent − 128). 255, NaN in the
    /// specification, is a number as in ggml.</summary>
    public static float HalfOfE8M0(byte exponent) =>
        BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x0020_0000u << exponent : (uint)(exponent - 1) << 23);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void IQ4_NL(byte* block, float* values) =>
        Pairs(BlockBytes.Half(block), Curve, block + BlockBytes.HalfSize, values, Group / 2);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void IQ4_XS(byte* block, float* values)
    {
        for (int group = 0; group < Groups; group++)
            Pairs(ScaleOfIQ4_XS(block, group), Curve, PairsOfIQ4_XS(block, group), values + (group * Group), Group / 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MXFP4(byte* block, float* values) => Pairs(HalfOfE8M0(block[0]), DoubledE2M1, block + 1, values, Group / 2);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void NVFP4(byte* block, float* values)
    {
        const int groups = 4;
        for (int group = 0; group < groups; group++)
        {
            byte* pairs = block + groups + (group * SmallGroup / 2);
            Pairs(HalfOfE4M3(block[group]), DoubledE2M1, pairs, values + (group * SmallGroup), SmallGroup / 2);
        }
    }

    /// <summary>The scale of one of the eight groups of a block of IQ4_XS.</summary>
    public static float ScaleOfIQ4_XS(byte* block, int group)
    {
        int high = (BlockBytes.UInt16(block + BlockBytes.HalfSize) >> (2 * group)) & 3;
        int low = BlockBytes.Nibble(block[(2 * BlockBytes.HalfSize) + (group / 2)], group % 2);
        return BlockBytes.Half(block) * ((low | (high << 4)) - 32);
    }

    /// <summary>Where the numbers of one of the eight groups of a block of IQ4_XS are.</summary>
    public static byte* PairsOfIQ4_XS(byte* block, int group) => block + (2 * BlockBytes.HalfSize) + (Groups / 2) + (group * Group / 2);

    /// <summary>The numbers of a table that a group's four bits name.</summary>
    /// <param name="table">16 numbers.</param>
    /// <param name="pairs">16 bytes, of which byte i holds element i and element i + 16.</param>
    /// <param name="q">Receives 32 numbers.</param>
    public static void ReadNumbers(ReadOnlySpan<sbyte> table, byte* pairs, sbyte* q)
    {
        Vector128<sbyte> numbers = Vector128.Create(table);
        Vector128<byte> both = Vector128.Load(pairs);
        Vector128.Shuffle(numbers, (both & Vector128.Create((byte)15)).AsSByte()).Store(q);
        Vector128.Shuffle(numbers, (both >>> 4).AsSByte()).Store(q + (Group / 2));
    }

    // An unsigned float of eight bits, of which the first is not looked at; NaN (127) counts as zero.
    private static float HalfOfE4M3(byte bits)
    {
        int exponent = (bits >> 3) & 0xF;
        int mantissa = bits & 7;
        if (bits == 0x7F)
            return 0;
        return MathF.ScaleB(exponent == 0 ? mantissa : 8 + mantissa, Math.Max(exponent, 1) - 11);
    }

    /// <summary>Byte i holds element i and element i + <paramref name="count"/>.</summary>
    private static void Pairs(float scale, ReadOnlySpan<sbyte> table, byte* pairs, float* values, int count)
    {
        for (int i = 0; i < count; i++)
        {
            values[i] = scale * table[pairs[i] & 0xF];
            values[i + count] = scale * table[pairs[i] >> 4];
        }
    }
}
