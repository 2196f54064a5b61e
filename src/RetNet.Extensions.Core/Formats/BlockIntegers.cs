using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Formats;

/// <summary>Takes blocks apart whose integers are those of a weight format, without rounding them again. <see cref="TensorType"/> describes
/// the layouts.</summary>
internal static unsafe class BlockIntegers
{
    private const int Group = 32;
    private const int GroupsOfSuperBlock = 8;
    private const int HalfSize = 2;

    /// <summary>Whether a type's integers are those of a format: Q8_0 of Int8 exactly; Q4_0 and Q4_1 of Int4 exactly; Q4_K of Int4 with the
    /// products of its scales rounded to half precision; and those of <see cref="ScaledBlocks"/>.</summary>
    public static bool Keep(TensorType type, WeightFormat format) => format switch
    {
        WeightFormat.Int8 => type == TensorType.Q8_0 || ScaledBlocks.AreInt8(type),
        WeightFormat.Int4 => type is TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q4_K || ScaledBlocks.AreInt4(type),
        _ => false,
    };

    /// <summary>Takes blocks apart whose element i is scale · q[i].</summary>
    /// <param name="type">A type that <see cref="Keep"/> names for Int8.</param>
    /// <param name="blocks">Whole blocks.</param>
    /// <param name="groups">The number of their groups of 32, at most 8.</param>
    /// <param name="q">Receives 32 numbers for each.</param>
    /// <param name="scales">Receives a scale for each.</param>
    public static void ReadInt8(TensorType type, byte* blocks, int groups, sbyte* q, Half* scales)
    {
        if (type != TensorType.Q8_0)
        {
            ScaledBlocks.ReadInt8(type, blocks, groups, q, scales);
            return;
        }

        for (int group = 0; group < groups; group++, blocks += HalfSize + Group, q += Group)
        {
            scales[group] = *(Half*)blocks;
            Vector256.Load((sbyte*)(blocks + HalfSize)).Store(q);
        }
    }

    /// <summary>Takes blocks apart whose element i is scale · q[i] − offset.</summary>
    /// <param name="type">A type that <see cref="Keep"/> names for Int4.</param>
    /// <param name="blocks">Whole blocks.</param>
    /// <param name="groups">The number of their groups of 32, at most 8.</param>
    /// <param name="q">Receives 32 numbers from 0 to 15 for each.</param>
    /// <param name="scales">Receives a scale for each.</param>
    /// <param name="offsets">Receives an offset for each.</param>
    public static void ReadInt4(TensorType type, byte* blocks, int groups, byte* q, Half* scales, Half* offsets)
    {
        if (ScaledBlocks.AreInt4(type))
        {
            ScaledBlocks.ReadInt4(type, blocks, groups, q, scales, offsets);
            return;
        }

        float* exact = stackalloc float[2 * GroupsOfSuperBlock];
        if (type == TensorType.Q4_K)
        {
            ReadQ4_K(blocks, q, exact, exact + GroupsOfSuperBlock);
        }
        else
        {
            int header = type == TensorType.Q4_0 ? HalfSize : 2 * HalfSize;
            for (int group = 0; group < groups; group++, blocks += header + (Group / 2), q += Group)
            {
                float scale = (float)*(Half*)blocks;
                exact[group] = scale;
                exact[GroupsOfSuperBlock + group] = type == TensorType.Q4_0 ? 8 * scale : -(float)*(Half*)(blocks + HalfSize);
                Vector128<byte> pairs = Vector128.Load(blocks + header);
                (pairs & Vector128.Create((byte)15)).Store(q);
                (pairs >>> 4).Store(q + (Group / 2));
            }
        }

        Half* rounded = stackalloc Half[2 * GroupsOfSuperBlock];
        TensorPrimitives.ConvertToHalf(
            new ReadOnlySpan<float>(exact, 2 * GroupsOfSuperBlock), new Span<Half>(rounded, 2 * GroupsOfSuperBlock));
        for (int group = 0; group < groups; group++)
            (scales[group], offsets[group]) = (rounded[group], rounded[GroupsOfSuperBlock + group]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadQ4_K(byte* block, byte* q, float* scales, float* minima)
    {
        const int pairsOfGroups = GroupsOfSuperBlock / 2, header = (2 * HalfSize) + 12;
        const uint sixBits = 0x3F3F3F3F, lowerBits = 0x0F0F0F0F, upperBits = 0x30303030;
        uint first = *(uint*)(block + (2 * HalfSize)), second = *(uint*)(block + 8), third = *(uint*)(block + 12);
        ulong scale = (first & sixBits) | ((ulong)((third & lowerBits) | ((first >> 2) & upperBits)) << 32);
        ulong minimum = (second & sixBits) | ((ulong)(((third >> 4) & lowerBits) | ((second >> 2) & upperBits)) << 32);
        (Vector256.Create((float)*(Half*)block) * ToFloat(scale)).Store(scales);
        (Vector256.Create((float)*(Half*)(block + HalfSize)) * ToFloat(minimum)).Store(minima);
        for (int pair = 0; pair < pairsOfGroups; pair++)
        {
            Vector256<byte> both = Vector256.Load(block + header + (pair * Group));
            (both & Vector256.Create((byte)15)).Store(q + (2 * pair * Group));
            (both >>> 4).Store(q + (((2 * pair) + 1) * Group));
        }
    }

    /// <summary>Eight bytes as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ToFloat(ulong bytes)
    {
        Vector128<byte> eight = Vector128.CreateScalar(bytes).AsByte();
        return Vector256.ConvertToSingle(Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(eight)
            : Vector256.WidenLower(Vector128.WidenLower(eight).ToVector256Unsafe()).AsInt32());
    }
}
