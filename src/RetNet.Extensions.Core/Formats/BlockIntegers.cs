using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Formats.Blocks;

namespace RetNet.Extensions.Core.Formats;

/// <summary>Takes blocks apart whose integers are those of a weight format, without rounding them again. <see cref="TensorType"/> describes
/// the layouts.</summary>
internal static unsafe class BlockIntegers
{
    private const int Group = 32;
    private const int MostGroups = 8;

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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReadInt8(TensorType type, byte* blocks, int groups, sbyte* q, Half* scales)
    {
        if (type != TensorType.Q8_0)
        {
            ScaledBlocks.ReadInt8(type, blocks, groups, q, scales);
            return;
        }

        int bytes = BlockFormat.Bytes(TensorType.Q8_0);
        for (int group = 0; group < groups; group++, blocks += bytes, q += Group)
            scales[group] = SmallBlocks.ReadQ8_0(blocks, q);
    }

    /// <summary>Takes blocks apart whose element i is scale · q[i] − offset.</summary>
    /// <param name="type">A type that <see cref="Keep"/> names for Int4.</param>
    /// <param name="blocks">Whole blocks.</param>
    /// <param name="groups">The number of their groups of 32, at most 8.</param>
    /// <param name="q">Receives 32 numbers from 0 to 15 for each.</param>
    /// <param name="scales">Receives 8 scales, of which those of the groups matter.</param>
    /// <param name="offsets">Receives as many offsets.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReadInt4(TensorType type, byte* blocks, int groups, byte* q, Half* scales, Half* offsets)
    {
        if (ScaledBlocks.AreInt4(type))
        {
            ScaledBlocks.ReadInt4(type, blocks, groups, q, scales, offsets);
            return;
        }

        float* exact = stackalloc float[2 * MostGroups];
        float* exactOffsets = exact + MostGroups;
        if (type == TensorType.Q4_K)
        {
            GroupedBlocks.ReadQ4_K(blocks, q, exact, exactOffsets);
        }
        else
        {
            int bytes = BlockFormat.Bytes(type);
            for (int group = 0; group < groups; group++, blocks += bytes, q += Group)
            {
                (exact[group], exactOffsets[group]) =
                    type == TensorType.Q4_0 ? SmallBlocks.ReadQ4_0(blocks, q) : SmallBlocks.ReadQ4_1(blocks, q);
            }
        }

        // All at once: a call takes as long for sixteen as for eight.
        Half* rounded = stackalloc Half[2 * MostGroups];
        TensorPrimitives.ConvertToHalf(new ReadOnlySpan<float>(exact, 2 * MostGroups), new Span<Half>(rounded, 2 * MostGroups));
        new ReadOnlySpan<Half>(rounded, MostGroups).CopyTo(new Span<Half>(scales, MostGroups));
        new ReadOnlySpan<Half>(rounded + MostGroups, MostGroups).CopyTo(new Span<Half>(offsets, MostGroups));
    }
}
