using System.Numerics;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>Rounds rows of float32 weights to a format and lays them out in panels, see <see cref="WeightPanel"/>.</summary>
internal static unsafe class WeightPacking
{
    private const int GroupSize = WeightPanel.GroupSize;

    /// <summary>Writes one panel.</summary>
    /// <param name="weights">The matrix, zeroed.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="rows">The panel's rows, <c>[up to 64 × columns]</c>.</param>
    public static void Pack(PackedWeights weights, int panel, ReadOnlySpan<float> rows)
    {
        int count = rows.Length / weights.Columns;

        // Column by column: what is written stays in the first-level cache until all rows are in it.
        for (int group = 0; group < weights.Groups; group++)
        {
            int first = group * GroupSize;
            int length = Math.Min(GroupSize, weights.Columns - first);
            for (int r = 0; r < count; r++)
                PackGroup(weights, panel, r, group, rows.Slice((r * weights.Columns) + first, length));
        }
    }

    /// <summary>Writes one panel of bfloat16 weights as they are.</summary>
    /// <param name="weights">The matrix, of an even number of columns.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="rows">The panel's rows, two columns in a number, <c>[up to 64 × columns / 2]</c>.</param>
    public static void PackPairs(PackedWeights weights, int panel, ReadOnlySpan<uint> rows) =>
        PackBits(weights, panel, rows, weights.Columns / 2, shift: 0);

    /// <summary>Writes one panel of bfloat16 weights, widened to float32.</summary>
    /// <param name="weights">The matrix, in float32.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="rows">The panel's rows, <c>[up to 64 × columns]</c>.</param>
    public static void PackWidened(PackedWeights weights, int panel, ReadOnlySpan<ushort> rows) =>
        PackBits(weights, panel, rows, weights.Columns, shift: 16);

    /// <summary>Writes one group of Int8 weights.</summary>
    /// <param name="weights">The matrix.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="r">The row in the panel.</param>
    /// <param name="group">The group.</param>
    /// <param name="values">Up to 32 numbers.</param>
    /// <param name="scale">Their scale.</param>
    public static void StoreInt8(PackedWeights weights, int panel, int r, int group, ReadOnlySpan<sbyte> values, Half scale)
    {
        weights.PanelScales(panel)[(group * WeightPanel.Rows) + r] = BitConverter.HalfToUInt16Bits(scale);
        sbyte* target = (sbyte*)weights.Panel(panel) + (((long)group * GroupSize * WeightPanel.Rows) + (2 * r));
        for (int i = 0; i < values.Length; i++)
            target[(i / 2 * WeightPanel.Rows * 2) + (i % 2)] = values[i];
    }

    /// <summary>Writes one group of Int4 weights.</summary>
    /// <inheritdoc cref="StoreInt8"/>
    /// <param name="weights">The matrix.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="r">The row in the panel.</param>
    /// <param name="group">The group.</param>
    /// <param name="values">Up to 32 numbers from 0 to 15.</param>
    /// <param name="scale">Their scale.</param>
    /// <param name="offset">Their offset.</param>
    public static void StoreInt4(PackedWeights weights, int panel, int r, int group, ReadOnlySpan<byte> values, Half scale, Half offset)
    {
        int index = (group * WeightPanel.Rows) + r;
        weights.PanelScales(panel)[index] = BitConverter.HalfToUInt16Bits(scale);
        weights.PanelOffsets(panel)[index] = BitConverter.HalfToUInt16Bits(offset);
        byte* target = weights.Panel(panel) + (((long)group * GroupSize / 2 * WeightPanel.Rows) + (2 * r));
        for (int i = 0; i < values.Length; i++)
            target[(i / 4 * WeightPanel.Rows * 2) + (i % 2)] |= (byte)(values[i] << (i % 4 < 2 ? 0 : 4));
    }

    private static void PackBits<T>(PackedWeights weights, int panel, ReadOnlySpan<T> rows, int columns, int shift)
        where T : unmanaged, IBinaryInteger<T>
    {
        uint* target = (uint*)weights.Panel(panel);

        // In the order of Pack.
        for (int first = 0; first < columns; first += GroupSize)
        {
            int last = Math.Min(first + GroupSize, columns);
            for (int r = 0; r < rows.Length / columns; r++)
            {
                ReadOnlySpan<T> row = rows.Slice(r * columns, columns);
                for (int column = first; column < last; column++)
                    target[(column * WeightPanel.Rows) + r] = uint.CreateTruncating(row[column]) << shift;
            }
        }
    }

    private static void PackGroup(PackedWeights weights, int panel, int r, int group, ReadOnlySpan<float> values)
    {
        long first = (long)group * GroupSize * WeightPanel.Rows;
        switch (weights.Format)
        {
            case WeightFormat.Float32:
                float* floats = (float*)weights.Panel(panel) + first + r;
                for (int i = 0; i < values.Length; i++)
                    floats[i * WeightPanel.Rows] = values[i];
                break;
            case WeightFormat.BFloat16:
                ushort* halves = (ushort*)weights.Panel(panel) + first + (2 * r);
                for (int i = 0; i < values.Length; i++)
                    halves[(i / 2 * WeightPanel.Rows * 2) + (i % 2)] = WeightConversion.ToBFloat16(values[i]);
                break;
            case WeightFormat.Int8:
                Span<sbyte> bytes = stackalloc sbyte[GroupSize];
                StoreInt8(weights, panel, r, group, bytes[..values.Length], WeightConversion.ToInt8(values, bytes));
                break;
            default:
                Span<byte> nibbles = stackalloc byte[GroupSize];
                (Half scale, Half offset) = WeightConversion.ToInt4(values, nibbles);
                StoreInt4(weights, panel, r, group, nibbles[..values.Length], scale, offset);
                break;
        }
    }
}
