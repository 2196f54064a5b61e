namespace RetNet.Extensions.Core.Kernels.Matrices;

/// <summary>A matrix B that is laid out for products: panels as wide as a tile one after the other, each row by row.</summary>
/// <param name="data">The first row of the first panel.</param>
/// <param name="rows">k.</param>
/// <param name="columns">n; the last panel is filled up with zeros.</param>
/// <param name="width">Columns of a panel.</param>
/// <param name="panelStride">Distance of the panels.</param>
internal readonly unsafe struct RightFactor(float* data, int rows, int columns, int width, long panelStride)
{
    /// <summary>A panel of any vector width begins at each multiple of it.</summary>
    public const int Granule = 64;

    /// <summary>A whole matrix.</summary>
    public RightFactor(float* data, int rows, int columns, int width)
        : this(data, rows, columns, width, (long)rows * width)
    {
    }

    public int Rows => rows;

    public int Columns => columns;

    /// <summary>The first row of a panel.</summary>
    public float* Panel(int panel) => data + (panel * panelStride);

    /// <summary>Rows <c>[first, first + count)</c>.</summary>
    public RightFactor RowRange(int first, int count) => new(data + ((long)first * width), count, columns, width, panelStride);

    /// <summary>Columns <c>[first, first + count)</c>, of which the first begins a panel.</summary>
    public RightFactor ColumnRange(int first, int count) => new(Panel(first / width), rows, count, width, panelStride);
}
