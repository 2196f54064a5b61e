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

        for (int group = 0; group < groups; group++, blocks += SmallBlocks.BytesOfQ8_0, q += Group)
            scales[group] = SmallBlocks.ReadQ8_0(blocks, q);
    }

    /// <summary>Takes blocks apart whose element i is scale · q[i] − offset, with q from 0 to 15.</summary>
    /// <param name="type">A type that <see cref="Keep"/> names for Int4.</param>
    /// <param name="blocks">Whole blocks.</param>
    /// <param name="groups">The number of their groups of 32, at most 8.</param>
    /// <param name="fours">Receives 8 words of four numbers for each, see <see cref="BlockBytes.JoinFours"/>.</param>
    /// <param name="scales">Receives 8 scales, not yet rounded to half precision; those of the groups matter.</param>
    /// <param name="offsets">Receives as many offsets.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReadInt4(TensorType type, byte* blocks, int groups, ushort* fours, float* scales, float* offsets)
    {
        if (type == TensorType.Q4_K)
        {
            GroupedBlocks.ReadQ4_K(blocks, fours, scales, offsets);
            return;
        }

        byte* q = stackalloc byte[MostGroups * Group];
        if (ScaledBlocks.AreInt4(type))
        {
            ScaledBlocks.ReadInt4(type, blocks, groups, q, scales, offsets);
        }
        else
        {
            int bytes = BlockFormat.Bytes(type);
            for (int group = 0; group < groups; group++, blocks += bytes)
            {
                byte* numbers = q + (group * Group);
                (scales[group], offsets[group]) =
                    type == TensorType.Q4_0 ? SmallBlocks.ReadQ4_0(blocks, numbers) : SmallBlocks.ReadQ4_1(blocks, numbers);
            }
        }

        BlockBytes.JoinFours(q, groups, fours);
    }
}
