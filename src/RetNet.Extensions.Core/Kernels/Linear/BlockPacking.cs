using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Formats.Blocks;

namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>Lays out weights that a file holds in blocks of integers, without rounding them again.</summary>
internal static unsafe class BlockPacking
{
    /// <summary>Whether a type's integers are those of a format: Q8_0 of Int8 exactly; Q4_0 and Q4_1 of Int4 exactly; Q4_K of Int4 with the
    /// products of its scales rounded to half precision.</summary>
    public static bool Keeps(TensorType type, WeightFormat format) => format switch
    {
        WeightFormat.Int8 => type == TensorType.Q8_0,
        WeightFormat.Int4 => type is TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q4_K,
        _ => false,
    };

    /// <summary>Writes one panel.</summary>
    /// <param name="weights">The matrix, zeroed.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="type">Q8_0, Q4_0, Q4_1 or Q4_K.</param>
    /// <param name="rows">The panel's rows in blocks.</param>
    /// <param name="count">The number of rows, up to 64.</param>
    public static void Pack(PackedWeights weights, int panel, TensorType type, byte* rows, int count)
    {
        int groupsPerBlock = BlockFormat.Elements(type) / WeightPanel.GroupSize;
        int blockBytes = BlockFormat.Bytes(type);
        long rowBytes = (long)(weights.Groups / groupsPerBlock) * blockBytes;
        Span<byte> values = stackalloc byte[WeightPanel.GroupSize];
        for (int group = 0; group < weights.Groups; group++)
        {
            byte* block = rows + ((long)(group / groupsPerBlock) * blockBytes);
            for (int r = 0; r < count; r++, block += rowBytes)
            {
                if (type == TensorType.Q8_0)
                {
                    WeightPacking.StoreInt8(weights, panel, r, group, SmallBlocks.ReadQ8_0(block, out Half scale), scale);
                    continue;
                }

                (float step, float offset) = type switch
                {
                    TensorType.Q4_0 => SmallBlocks.ReadQ4_0(block, values),
                    TensorType.Q4_1 => SmallBlocks.ReadQ4_1(block, values),
                    _ => GroupedBlocks.ReadQ4_K(block, group % groupsPerBlock, values),
                };
                WeightPacking.StoreInt4(weights, panel, r, group, values, (Half)step, (Half)offset);
            }
        }
    }
}
