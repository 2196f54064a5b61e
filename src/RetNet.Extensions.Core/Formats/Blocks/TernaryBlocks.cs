using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Formats.Blocks;

/// <summary>The formats of one scale and two to four values: TQ1_0, TQ2_0, Q1_0 and Q2_0.</summary>
internal static unsafe class TernaryBlocks
{
    /// <summary>Where a block has its scale; Q1_0 and Q2_0 begin with it.</summary>
    public const int ScaleOfTQ1_0 = 52;

    /// <inheritdoc cref="ScaleOfTQ1_0"/>
    public const int ScaleOfTQ2_0 = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TQ1_0(byte* block, float* values)
    {
        const int digitsAtOnce = 5, wide = 32, narrow = 16, rest = 4;
        float d = BlockBytes.Half(block + ScaleOfTQ1_0);
        values = Digits(block, wide, digitsAtOnce, d, values);
        values = Digits(block + wide, narrow, digitsAtOnce, d, values);
        Digits(block + wide + narrow, rest, digitsAtOnce - 1, d, values);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TQ2_0(byte* block, float* values)
    {
        const int group = 32, groups = 8;
        float d = BlockBytes.Half(block + ScaleOfTQ2_0);
        for (int i = 0; i < group * groups; i++)
        {
            int q = block[(i / 128 * group) + (i % group)] >> (i / group % 4 * 2);
            values[i] = ((q & 3) - 1) * d;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q1_0(byte* block, float* values)
    {
        const int elements = 128;
        float d = BlockBytes.Half(block);
        for (int i = 0; i < elements; i++)
            values[i] = ((block[BlockBytes.HalfSize + (i / 8)] >> (i % 8)) & 1) == 0 ? -d : d;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q2_0(byte* block, float* values)
    {
        const int elements = 64;
        float d = BlockBytes.Half(block);
        for (int i = 0; i < elements; i++)
            values[i] = (((block[BlockBytes.HalfSize + (i / 4)] >> (i % 4 * 2)) & 3) - 1) * d;
    }

    /// <summary>Bytes that hold several digits of base 3 each, as the fraction byte / 256: the first digit of all bytes, then the
    /// second.</summary>
    private static float* Digits(byte* bytes, int count, int digits, float d, float* values)
    {
        byte power = 1;
        for (int digit = 0; digit < digits; digit++, power *= 3)
        {
            for (int i = 0; i < count; i++)
                *values++ = (((byte)(bytes[i] * power) * 3 >> 8) - 1) * d;
        }

        return values;
    }
}
