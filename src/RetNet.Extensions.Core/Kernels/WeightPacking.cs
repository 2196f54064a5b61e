namespace RetNet.Extensions.Core.Kernels;

/// <summary>Rounds rows of float32 weights to a format, lays them out in panels, and reads them back.</summary>
internal static unsafe class WeightPacking
{
    /// <summary>Writes one panel.</summary>
    /// <param name="weights">The matrix, zeroed.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="rows">The panel's rows, <c>[up to 64 × columns]</c>.</param>
    public static void Pack(PackedWeights weights, int panel, ReadOnlySpan<float> rows)
    {
        for (int r = 0; r * weights.Columns < rows.Length; r++)
        {
            ReadOnlySpan<float> row = rows.Slice(r * weights.Columns, weights.Columns);
            switch (weights.Format)
            {
                case WeightFormat.Float32:
                    PackFloat32(row, (float*)weights.Panel(panel) + r);
                    break;
                case WeightFormat.BFloat16:
                    PackBFloat16(row, (ushort*)weights.Panel(panel) + (2 * r));
                    break;
                case WeightFormat.Int8:
                    PackInt8(row, (sbyte*)weights.Panel(panel) + (2 * r), weights.PanelScales(panel) + r);
                    break;
                default:
                    PackInt4(row, weights.Panel(panel) + (2 * r), weights.PanelScales(panel) + r, weights.PanelOffsets(panel) + r);
                    break;
            }
        }
    }

    /// <summary>Widens one row to float32.</summary>
    public static void CopyRow(PackedWeights weights, int row, Span<float> target)
    {
        int panel = row / WeightPanel.Rows, r = row % WeightPanel.Rows;
        byte* data = weights.Panel(panel);
        for (int c = 0; c < target.Length; c++)
        {
            long pair = ((long)(c / 2 * WeightPanel.Rows) + r) * 2;
            int group = (c / WeightPanel.GroupSize * WeightPanel.Rows) + r;
            target[c] = weights.Format switch
            {
                WeightFormat.Float32 => ((float*)data)[((long)c * WeightPanel.Rows) + r],
                WeightFormat.BFloat16 => WeightConversion.FromBFloat16(((ushort*)data)[pair + (c % 2)]),
                WeightFormat.Int8 => ((sbyte*)data)[pair + (c % 2)] * Half(weights.PanelScales(panel)[group]),
                _ => (Nibble(data, r, c) * Half(weights.PanelScales(panel)[group])) - Half(weights.PanelOffsets(panel)[group]),
            };
        }
    }

    private static float Half(ushort bits) => (float)BitConverter.UInt16BitsToHalf(bits);

    private static void PackFloat32(ReadOnlySpan<float> row, float* target)
    {
        for (int c = 0; c < row.Length; c++)
            target[(long)c * WeightPanel.Rows] = row[c];
    }

    private static void PackBFloat16(ReadOnlySpan<float> row, ushort* target)
    {
        for (int c = 0; c < row.Length; c++)
            target[((long)(c / 2) * WeightPanel.Rows * 2) + (c % 2)] = WeightConversion.ToBFloat16(row[c]);
    }

    private static void PackInt8(ReadOnlySpan<float> row, sbyte* target, ushort* scales)
    {
        Span<sbyte> rounded = stackalloc sbyte[WeightPanel.GroupSize];
        for (int c = 0; c < row.Length; c += WeightPanel.GroupSize, scales += WeightPanel.Rows)
        {
            ReadOnlySpan<float> group = row.Slice(c, Math.Min(WeightPanel.GroupSize, row.Length - c));
            *scales = BitConverter.HalfToUInt16Bits(WeightConversion.ToInt8(group, rounded));
            for (int i = 0; i < group.Length; i++)
                target[((long)((c + i) / 2) * WeightPanel.Rows * 2) + (i % 2)] = rounded[i];
        }
    }

    private static void PackInt4(ReadOnlySpan<float> row, byte* target, ushort* scales, ushort* offsets)
    {
        Span<byte> rounded = stackalloc byte[WeightPanel.GroupSize];
        for (int c = 0; c < row.Length; c += WeightPanel.GroupSize, scales += WeightPanel.Rows, offsets += WeightPanel.Rows)
        {
            ReadOnlySpan<float> group = row.Slice(c, Math.Min(WeightPanel.GroupSize, row.Length - c));
            (Half scale, Half offset) = WeightConversion.ToInt4(group, rounded);
            (*scales, *offsets) = (BitConverter.HalfToUInt16Bits(scale), BitConverter.HalfToUInt16Bits(offset));
            for (int i = 0; i < group.Length; i++)
                *At(target, c + i) |= (byte)(rounded[i] << Shift(c + i));
        }
    }

    private static int Nibble(byte* data, int r, int column) => (*At(data + (2 * r), column) >> Shift(column)) & 15;

    private static byte* At(byte* row, int column) => row + ((long)(column / 4) * WeightPanel.Rows * 2) + (column % 2);

    private static int Shift(int column) => column % 4 < 2 ? 0 : 4;
}
