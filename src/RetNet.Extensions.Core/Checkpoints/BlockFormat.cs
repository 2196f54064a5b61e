using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Sizes and values of ggml's block formats. <see cref="TensorType"/> describes the layouts.</summary>
/// <remarks>Follows dequantize_row_q8_0, _q4_0, _q4_K and _q6_K of ggml's reference (ggml-quants.c), in the same order of float32 operations.</remarks>
internal static unsafe class BlockFormat
{
    private const int SmallBlock = 32;
    private const int SuperBlock = 256;
    private const int HalfSize = 2;

    /// <summary>Whether elements of the type are packed into blocks.</summary>
    public static bool IsBlockFormat(TensorType type) => type is TensorType.Q8_0 or TensorType.Q4_0 or TensorType.Q4_K or TensorType.Q6_K;

    /// <summary>Elements of one block.</summary>
    public static int Elements(TensorType type) => type is TensorType.Q8_0 or TensorType.Q4_0 ? SmallBlock : SuperBlock;

    /// <summary>Bytes of one block.</summary>
    public static int Bytes(TensorType type) => type switch
    {
        TensorType.Q8_0 => 34,
        TensorType.Q4_0 => 18,
        TensorType.Q4_K => 144,
        TensorType.Q6_K => 210,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No block format."),
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
        byte* pairs = block + HalfSize;
        for (int i = 0; i < SmallBlock / 2; i++)
        {
            q[i] = (byte)(pairs[i] & 0xF);
            q[i + (SmallBlock / 2)] = (byte)(pairs[i] >> 4);
        }

        float d = Half(block);
        return (d, 8 * d);
    }

    /// <summary>One of the eight groups of a block of Q4_K: element i is scale · q[i] − offset.</summary>
    /// <param name="block">The block.</param>
    /// <param name="group">The group.</param>
    /// <param name="q">Receives 32 numbers from 0 to 15.</param>
    public static (float Scale, float Offset) ReadQ4_K(byte* block, int group, Span<byte> q)
    {
        const int groupsOfSixBits = 4, scalesSize = 12;
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

        byte* pairs = scales + scalesSize + (group / 2 * SmallBlock);
        int shift = group % 2 * 4;
        for (int i = 0; i < SmallBlock; i++)
            q[i] = (byte)((pairs[i] >> shift) & 0xF);
        return (Half(block) * scale, Half(block + HalfSize) * minimum);
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

    private static float Half(byte* bytes) => (float)MemoryMarshal.Read<Half>(new ReadOnlySpan<byte>(bytes, HalfSize));
}
