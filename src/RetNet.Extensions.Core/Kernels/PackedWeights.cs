namespace RetNet.Extensions.Core.Kernels;

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
