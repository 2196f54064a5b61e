using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>How a weight matrix lies in memory: panels of 64 rows, one after the other, each column by column.</summary>
/// <remarks>
/// The 64 weights of a column lie beside each other, so that a vector holds a column of some outputs and a sum never crosses lanes. Formats
/// below four bytes keep two columns of a row together. A matrix is padded with zero rows to whole panels. Element (r, c) of a
/// panel is at
/// <list type="bullet">
/// <item>Float32: <c>[c][r]</c>,</item>
/// <item>BFloat16 and Int8: <c>[c / 2][r][c mod 2]</c>, columns padded to an even number, Int8 to a multiple of 32,</item>
/// <item>Int4: byte <c>[c / 4][r][c mod 2]</c>, its lower half for the first two of four columns and its upper half for the others,</item>
/// <item>scales and offsets of Int8 and Int4: <c>[c / 32][r]</c>.</item>
/// </list>
/// </remarks>
internal static class WeightPanel
{
    /// <summary>Rows of a panel.</summary>
    public const int Rows = 64;

    /// <summary>Columns that share a scale.</summary>
    public const int GroupSize = 32;

    /// <summary>The columns of a panel, including the padding of the last group.</summary>
    public static int PaddedColumns(WeightFormat format, int columns) => format switch
    {
        WeightFormat.Float32 => columns,
        WeightFormat.BFloat16 => checked(columns + 1) & ~1,
        _ => Groups(columns) * GroupSize,
    };

    /// <summary>Groups of a row; the last may be partial.</summary>
    public static int Groups(int columns) => checked(columns + GroupSize - 1) / GroupSize;

    /// <summary>Bytes of a panel's weights.</summary>
    public static long ByteSize(WeightFormat format, int columns)
    {
        long values = (long)PaddedColumns(format, columns) * Rows;
        return format switch
        {
            WeightFormat.Float32 => values * sizeof(float),
            WeightFormat.BFloat16 => values * sizeof(ushort),
            WeightFormat.Int8 => values,
            WeightFormat.Int4 => values / 2,
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Unknown weight format."),
        };
    }
}

/// <summary>What a kernel needs of a weight matrix in panels, see <see cref="WeightPanel"/>.</summary>
internal readonly unsafe struct PackedWeights
{
    public required WeightFormat Format { get; init; }

    public required int Rows { get; init; }

    public required int Columns { get; init; }

    /// <summary>The panels, <see cref="PanelBytes"/> apart.</summary>
    public required byte* Data { get; init; }

    /// <summary>Int8 and Int4: half-precision scales, <c>[panels × groups × 64]</c>.</summary>
    public required ushort* Scales { get; init; }

    /// <summary>Int4: half-precision offsets, <c>[panels × groups × 64]</c>.</summary>
    public required ushort* Offsets { get; init; }

    public int Panels => (int)(((long)Rows + WeightPanel.Rows - 1) / WeightPanel.Rows);

    public int Groups => WeightPanel.Groups(Columns);

    public long PanelBytes => WeightPanel.ByteSize(Format, Columns);

    /// <summary>Whether products are formed in integers.</summary>
    public bool IsInteger => Format is WeightFormat.Int8 or WeightFormat.Int4;

    public byte* Panel(int panel) => Data + (panel * PanelBytes);

    public ushort* PanelScales(int panel) => Scales + ((long)panel * Groups * WeightPanel.Rows);

    public ushort* PanelOffsets(int panel) => Offsets + ((long)panel * Groups * WeightPanel.Rows);
}
