using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Formats;

/// <summary>Sizes and values of ggml's block formats. <see cref="TensorType"/> describes the layouts.</summary>
/// <remarks>Follows dequantize_row_q8_0, _q4_0, _q4_1, _q5_0, _q5_1, _q4_K, _q5_K and _q6_K of ggml's reference (ggml-quants.c), in the
/// same order of float32 operations.</remarks>
internal static unsafe class BlockFormat
{
    private const int SmallBlock = 32;
    private const int SuperBlock = 256;
    private const int HalfSize = 2;

    // Two halves, and the scales and minima of the groups of Q4_K and Q5_K.
    private const int GroupsHeader = (2 * HalfSize) + 12;

    /// <summary>Whether elements of the type are packed into blocks.</summary>
    public static bool IsBlockFormat(TensorType type) => IsSmall(type) || type is TensorType.Q4_K or TensorType.Q5_K or TensorType.Q6_K;

    /// <summary>Elements of one block.</summary>
    public static int Elements(TensorType type) => IsSmall(type) ? SmallBlock : SuperBlock;

    /// <summary>Bytes of one block.</summary>
    public static int Bytes(TensorType type) => type switch
    {
        TensorType.Q8_0 => 34,
        TensorType.Q4_0 => 18,
        TensorType.Q4_1 => 20,
        TensorType.Q5_0 => 22,
        TensorType.Q5_1 => 24,
        TensorType.Q4_K => 144,
        TensorType.Q5_K => 176,
        TensorType.Q6_K => 210,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The type is not a block format."),
    };

    /// <summary>Widens blocks to float32.</summary>
    /// <param name="type">A block format.</param>
    /// <param name="blocks">A whole number of blocks.</param>
    /// <param name="values">As many as the blocks have elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dequantize(TensorType type, ReadOnlySpan<byte> blocks, Span<float> values)
    {
        int bytes = Bytes(type);
        int elements = Elements(type);
        ArgumentOutOfRangeException.ThrowIfNotEqual((long)blocks.Length * elements, (long)values.Length * bytes, nameof(blocks));
        fixed (byte* firstBlock = blocks)
        fixed (float* firstValue = values)
        {
            float* value = firstValue;
            for (byte* block = firstBlock, end = firstBlock + blocks.Length; block < end; block += bytes, value += elements)
            {
                switch (type)
                {
                    case TensorType.Q8_0:
                        DequantizeQ8_0(block, value);
                        break;
                    case TensorType.Q4_0:
                        DequantizeQ4_0(block, value);
                        break;
                    case TensorType.Q4_1:
                        DequantizeQ4_1(block, value);
                        break;
                    case TensorType.Q5_0:
                        DequantizeQ5_0(block, value);
                        break;
                    case TensorType.Q5_1:
                        DequantizeQ5_1(block, value);
                        break;
                    case TensorType.Q5_K:
                        DequantizeQ5_K(block, value);
                        break;
                    case TensorType.Q4_K:
                        DequantizeQ4_K(block, value);
                        break;
                    default:
                        DequantizeQ6_K(block, value);
                        break;
                }
            }
        }
    }

    /// <summary>A block of Q8_0: element i is scale · q[i].</summary>
    /// <returns>The 32 numbers q.</returns>
    public static ReadOnlySpan<sbyte> ReadQ8_0(byte* block, out Half scale)
    {
        scale = MemoryMarshal.Read<Half>(new ReadOnlySpan<byte>(block, HalfSize));
        return new ReadOnlySpan<sbyte>(block + HalfSize, SmallBlock);
    }

    /// <summary>A block of Q4_0: element i is scale · q[i] − offset.</summary>
    /// <param name="block">The block.</param>
    /// <param name="q">Receives 32 numbers from 0 to 15.</param>
    public static (float Scale, float Offset) ReadQ4_0(byte* block, Span<byte> q)
    {
        ReadPairs(block + HalfSize, q);
        float d = Half(block);
        return (d, 8 * d);
    }

    /// <summary>A block of Q4_1: element i is scale · q[i] − offset.</summary>
    /// <inheritdoc cref="ReadQ4_0"/>
    public static (float Scale, float Offset) ReadQ4_1(byte* block, Span<byte> q)
    {
        ReadPairs(block + (2 * HalfSize), q);
        return (Half(block), -Half(block + HalfSize));
    }

    /// <summary>One of the eight groups of a block of Q4_K: element i is scale · q[i] − offset.</summary>
    /// <param name="block">The block.</param>
    /// <param name="group">The group.</param>
    /// <param name="q">Receives 32 numbers from 0 to 15.</param>
    public static (float Scale, float Offset) ReadQ4_K(byte* block, int group, Span<byte> q)
    {
        ReadGroup(block + GroupsHeader, group, q);
        return ReadGroupScale(block, group);
    }

    /// <summary>Whether there are blocks and every element of them is NaN. Stops at the first number.</summary>
    public static bool IsNaNOnly(TensorType type, byte* blocks, long byteLength)
    {
        Span<float> values = stackalloc float[SuperBlock];
        values = values[..Elements(type)];
        int bytes = Bytes(type);
        for (long done = 0; done < byteLength; done += bytes)
        {
            Dequantize(type, new ReadOnlySpan<byte>(blocks + done, bytes), values);
            foreach (float value in values)
            {
                if (!float.IsNaN(value))
                    return false;
            }
        }

        return byteLength > 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DequantizeQ8_0(byte* block, float* values)
    {
        float d = Half(block);
        sbyte* q = (sbyte*)(block + HalfSize);
        for (int i = 0; i < SmallBlock; i++)
            values[i] = q[i] * d;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DequantizeQ4_0(byte* block, float* values)
    {
        float d = Half(block);
        byte* q = block + HalfSize;
        for (int i = 0; i < SmallBlock / 2; i++)
        {
            values[i] = ((q[i] & 0xF) - 8) * d;
            values[i + (SmallBlock / 2)] = ((q[i] >> 4) - 8) * d;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DequantizeQ4_1(byte* block, float* values)
    {
        Span<byte> q = stackalloc byte[SmallBlock];
        (float scale, float offset) = ReadQ4_1(block, q);
        for (int i = 0; i < SmallBlock; i++)
            values[i] = (scale * q[i]) - offset;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DequantizeQ5_0(byte* block, float* values)
    {
        Span<byte> q = stackalloc byte[SmallBlock];
        ReadFiveBits(block + HalfSize, q);
        float d = Half(block);
        for (int i = 0; i < SmallBlock; i++)
            values[i] = (q[i] - 16) * d;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DequantizeQ5_1(byte* block, float* values)
    {
        Span<byte> q = stackalloc byte[SmallBlock];
        ReadFiveBits(block + (2 * HalfSize), q);
        float d = Half(block);
        float m = Half(block + HalfSize);
        for (int i = 0; i < SmallBlock; i++)
            values[i] = (q[i] * d) + m;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DequantizeQ5_K(byte* block, float* values)
    {
        byte* upper = block + GroupsHeader;
        Span<byte> q = stackalloc byte[SmallBlock];
        for (int group = 0; group < SuperBlock / SmallBlock; group++, values += SmallBlock)
        {
            ReadGroup(upper + SmallBlock, group, q);
            (float scale, float minimum) = ReadGroupScale(block, group);
            for (int i = 0; i < SmallBlock; i++)
                values[i] = (scale * (q[i] | (((upper[i] >> group) & 1) << 4))) - minimum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DequantizeQ4_K(byte* block, float* values)
    {
        Span<byte> q = stackalloc byte[SmallBlock];
        for (int group = 0; group < SuperBlock / SmallBlock; group++, values += SmallBlock)
        {
            (float scale, float minimum) = ReadQ4_K(block, group, q);
            for (int i = 0; i < SmallBlock; i++)
                values[i] = (scale * q[i]) - minimum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DequantizeQ6_K(byte* block, float* values)
    {
        const int HalfBlock = 128, Quarter = 32, Group = 16;
        byte* lower = block;
        byte* upper = block + HalfBlock;
        sbyte* scales = (sbyte*)(upper + (HalfBlock / 2));
        float d = Half((byte*)(scales + (SuperBlock / Group)));
        for (int i = 0; i < SuperBlock; i++)
        {
            int half = i / HalfBlock;
            int k = i / Quarter % 4;
            int j = i % Quarter;
            int low = (lower[(half * 64) + (k % 2 * Quarter) + j] >> (k / 2 * 4)) & 0xF;
            int high = (upper[(half * Quarter) + j] >> (2 * k)) & 3;
            values[i] = d * scales[i / Group] * ((low | (high << 4)) - 32);
        }
    }

    /// <summary>32 numbers of four bits: byte i holds number i and number i + 16.</summary>
    private static void ReadPairs(byte* pairs, Span<byte> q)
    {
        for (int i = 0; i < SmallBlock / 2; i++)
        {
            q[i] = (byte)(pairs[i] & 0xF);
            q[i + (SmallBlock / 2)] = (byte)(pairs[i] >> 4);
        }
    }

    /// <summary>32 numbers of five bits: the upper bits, then the lower four of each.</summary>
    private static void ReadFiveBits(byte* bits, Span<byte> q)
    {
        uint upper = MemoryMarshal.Read<uint>(new ReadOnlySpan<byte>(bits, sizeof(uint)));
        ReadPairs(bits + sizeof(uint), q);
        for (int i = 0; i < SmallBlock; i++)
            q[i] |= (byte)(((upper >> i) & 1) << 4);
    }

    /// <summary>Four bits of each number of one of eight groups.</summary>
    private static void ReadGroup(byte* numbers, int group, Span<byte> q)
    {
        byte* pairs = numbers + (group / 2 * SmallBlock);
        int shift = group % 2 * 4;
        for (int i = 0; i < SmallBlock; i++)
            q[i] = (byte)((pairs[i] >> shift) & 0xF);
    }

    /// <summary>Scale and minimum of one of eight groups.</summary>
    private static (float Scale, float Minimum) ReadGroupScale(byte* block, int group)
    {
        const int groupsOfSixBits = 4;
        byte* scales = block + (2 * HalfSize);
        int scale, minimum;
        if (group < groupsOfSixBits)
        {
            scale = scales[group] & 63;
            minimum = scales[group + groupsOfSixBits] & 63;
        }
        else
        {
            scale = (scales[group + groupsOfSixBits] & 0xF) | ((scales[group - groupsOfSixBits] >> 6) << 4);
            minimum = (scales[group + groupsOfSixBits] >> 4) | ((scales[group] >> 6) << 4);
        }

        return (Half(block) * scale, Half(block + HalfSize) * minimum);
    }

    private static bool IsSmall(TensorType type) =>
        type is TensorType.Q8_0 or TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q5_0 or TensorType.Q5_1;

    private static float Half(byte* bytes) => (float)MemoryMarshal.Read<Half>(new ReadOnlySpan<byte>(bytes, HalfSize));
}
