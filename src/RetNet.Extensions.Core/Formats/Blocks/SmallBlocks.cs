using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RetNet.Extensions.Core.Formats.Blocks;

/// <summary>The formats of 32 elements with one scale: Q8_0, Q4_0, Q4_1, Q5_0 and Q5_1.</summary>
internal static unsafe class SmallBlocks
{
    private const int Elements = 32;
    private const int HalfSize = BlockBytes.HalfSize;

    /// <summary>Bytes of a block of Q8_0.</summary>
    public const int BytesOfQ8_0 = HalfSize + Elements;

    /// <summary>A block of Q8_0: element i is scale · q[i].</summary>
    /// <param name="block">The block.</param>
    /// <param name="q">Receives 32 numbers.</param>
    /// <returns>The scale.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Half ReadQ8_0(byte* block, sbyte* q)
    {
        Vector256.Load((sbyte*)(block + HalfSize)).Store(q);
        return *(Half*)block;
    }

    /// <summary>A block of Q4_0: element i is scale · q[i] − offset.</summary>
    /// <param name="block">The block.</param>
    /// <param name="q">Receives 32 numbers from 0 to 15.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (float Scale, float Offset) ReadQ4_0(byte* block, byte* q)
    {
        ReadPairs(block + HalfSize, q);
        float d = BlockBytes.Half(block);
        return (d, 8 * d);
    }

    /// <summary>A block of Q4_1: element i is scale · q[i] − offset.</summary>
    /// <inheritdoc cref="ReadQ4_0"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (float Scale, float Offset) ReadQ4_1(byte* block, byte* q)
    {
        ReadPairs(block + (2 * HalfSize), q);
        return (BlockBytes.Half(block), -BlockBytes.Half(block + HalfSize));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q8_0(byte* block, float* values)
    {
        float d = BlockBytes.Half(block);
        sbyte* q = (sbyte*)(block + HalfSize);
        for (int i = 0; i < Elements; i++)
            values[i] = q[i] * d;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4_0(byte* block, float* values)
    {
        float d = BlockBytes.Half(block);
        byte* q = block + HalfSize;
        for (int i = 0; i < Elements / 2; i++)
        {
            values[i] = ((q[i] & 0xF) - 8) * d;
            values[i + (Elements / 2)] = ((q[i] >> 4) - 8) * d;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4_1(byte* block, float* values)
    {
        byte* q = stackalloc byte[Elements];
        (float scale, float offset) = ReadQ4_1(block, q);
        for (int i = 0; i < Elements; i++)
            values[i] = (scale * q[i]) - offset;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_0(byte* block, float* values)
    {
        byte* q = stackalloc byte[Elements];
        ReadFiveBits(block + HalfSize, q);
        float d = BlockBytes.Half(block);
        for (int i = 0; i < Elements; i++)
            values[i] = (q[i] - 16) * d;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_1(byte* block, float* values)
    {
        byte* q = stackalloc byte[Elements];
        ReadFiveBits(block + (2 * HalfSize), q);
        float d = BlockBytes.Half(block);
        float m = BlockBytes.Half(block + HalfSize);
        for (int i = 0; i < Elements; i++)
            values[i] = (q[i] * d) + m;
    }

    /// <summary>32 numbers of four bits: byte i holds number i and number i + 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadPairs(byte* pairs, byte* q)
    {
        Vector128<byte> both = Vector128.Load(pairs);
        (both & Vector128.Create((byte)0xF)).Store(q);
        (both >>> 4).Store(q + (Elements / 2));
    }

    /// <summary>32 numbers of five bits: the upper bits, then the lower four of each.</summary>
    private static void ReadFiveBits(byte* bits, byte* q)
    {
        uint upper = BlockBytes.UInt32(bits);
        ReadPairs(bits + sizeof(uint), q);
        for (int i = 0; i < Elements; i++)
            q[i] |= (byte)(((upper >> i) & 1) << 4);
    }
}
