namespace RetNet.Extensions.Core.Kernels.Matrices;

/// <summary>A matrix in memory, at any distances of its rows and columns: a transposed matrix or a part of one needs no copy.</summary>
/// <param name="data">Element (0, 0).</param>
/// <param name="rows">The number of rows.</param>
/// <param name="columns">The number of columns.</param>
/// <param name="rowStride">Distance of consecutive rows in floats.</param>
/// <param name="columnStride">Distance of consecutive columns in floats.</param>
internal readonly unsafe struct MatrixView(float* data, int rows, int columns, long rowStride, long columnStride)
{
    /// <summary>A matrix whose rows lie one after the other.</summary>
    public MatrixView(float* data, int rows, int columns)
        : this(data, rows, columns, columns, 1)
    {
    }

    public float* Data { get; } = data;

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    public long RowStride { get; } = rowStride;

    public long ColumnStride { get; } = columnStride;

    public MatrixView Transposed => new(Data, Columns, Rows, ColumnStride, RowStride);

    public float* At(int row, int column) => Data + (row * RowStride) + (column * ColumnStride);

    /// <summary>Rows <c>[first, first + count)</c>.</summary>
    public MatrixView RowRange(int first, int count) => new(At(first, 0), count, Columns, RowStride, ColumnStride);

    /// <summary>Columns <c>[first, first + count)</c>.</summary>
    public MatrixView ColumnRange(int first, int count) => new(At(0, first), Rows, count, RowStride, ColumnStride);
}
