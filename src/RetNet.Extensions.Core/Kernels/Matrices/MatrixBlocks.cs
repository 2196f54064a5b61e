using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Kernels.Matrices;

/// <summary>The loops around <see cref="MatrixTile{TVector, TRow}"/>: blocks, panels, and tiles at the edges of C.</summary>
internal static unsafe class MatrixBlocks<TVector>
    where TVector : unmanaged, IFloatVector<TVector>
{
    /// <summary>Rows of a tile.</summary>
    public const int TileRows = 6;

    // Half of a small second-level cache for a block of B, at most [256 × n]; the rows of A that are laid out with it take another 200 kB.
    private const int BlockInner = 256;
    private const int BlockElements = 128 * 1024;
    private const int BlockRows = 192;

    // From this size on, copying a matrix that could be read in place pays off.
    private const int RowsWorthPacking = 48;
    private const int InnerWorthPacking = 128;

#pragma warning disable RS0030 // Callers use ThreadScratch for themselves while a product runs.
    [ThreadStatic]
    private static NativeBuffer<float>? _scratch;
#pragma warning restore RS0030

    /// <summary>Columns of a tile: four vectors where there are 32 registers, and two with the 16 of AVX2.</summary>
    private static int TileColumns => TVector.Count == 8 ? 2 * TVector.Count : 4 * TVector.Count;

    /// <summary><c>C = A B</c>, or <c>C += A B</c>.</summary>
    /// <inheritdoc cref="MatrixProduct.ApplyAlone"/>
    public static void Multiply(MatrixView a, MatrixView b, float* c, long cRow, bool add)
    {
        int k = a.Columns;
        if (k == 0 && !add)
            Clear(c, cRow, a.Rows, b.Columns);
        if (k == 0)
            return;

        int blocks = (k + BlockInner - 1) / BlockInner;
        int blockColumns = BlockElements / ((k + blocks - 1) / blocks) / TileColumns * TileColumns;
        for (int column = 0; column < b.Columns; column += blockColumns)
        {
            int columns = Math.Min(blockColumns, b.Columns - column);
            for (int block = 0; block < blocks; block++)
            {
                int first = (int)((long)k * block / blocks);
                int inner = (int)((long)k * (block + 1) / blocks) - first;
                MultiplyBlock(
                    a.ColumnRange(first, inner), b.ColumnRange(column, columns).RowRange(first, inner), c + column, cRow, add || block > 0);
            }
        }
    }

    /// <summary>All rows of A by one block of B.</summary>
    private static void MultiplyBlock(MatrixView a, MatrixView b, float* c, long cRow, bool add)
    {
        int k = a.Columns;
        float* packedB = (_scratch ??= new(BlockElements + (BlockInner * BlockRows))).Pointer;
        float* packedA = packedB + BlockElements;
        bool copyB = b.ColumnStride != 1 || a.Rows >= RowsWorthPacking;
        bool copyA = a.ColumnStride != 1 && (a.RowStride != 1 || k > InnerWorthPacking);

        int wholeColumns = b.Columns - (b.Columns % TileColumns);
        if (copyB)
            MatrixPacking<TVector>.PackPanels(b.ColumnRange(0, wholeColumns), TileColumns, packedB);
        if (wholeColumns < b.Columns)
        {
            MatrixView last = b.ColumnRange(wholeColumns, b.Columns - wholeColumns);
            MatrixPacking<TVector>.PackPanel(last, PanelWidth(last.Columns), packedB + (wholeColumns * k));
        }

        for (int block = 0; block < a.Rows; block += BlockRows)
        {
            int end = Math.Min(block + BlockRows, a.Rows);
            int wholeRows = (end - block) / TileRows * TileRows;
            if (copyA)
                MatrixPacking<TVector>.PackPanels(a.RowRange(block, wholeRows).Transposed, TileRows, packedA);
            if (block + wholeRows < end)
            {
                MatrixView last = a.RowRange(block + wholeRows, end - block - wholeRows);
                MatrixPacking<TVector>.PackPanel(last.Transposed, TileRows, packedA + (wholeRows * k));
            }

            for (int i = block; i < end; i += TileRows)
            {
                int rows = Math.Min(TileRows, end - i);
                bool copied = copyA || rows < TileRows;
                MatrixView panel = copied ? new(packedA + ((i - block) * k), TileRows, k, 1, TileRows) : a.RowRange(i, TileRows);
                for (int j = 0; j < b.Columns; j += TileColumns)
                {
                    int columns = Math.Min(TileColumns, b.Columns - j);
                    int width = PanelWidth(columns);
                    bool inPlace = !copyB && columns == width;
                    float* right = inPlace ? b.At(0, j) : packedB + (j * k);
                    Tile(panel, right, inPlace ? b.RowStride : width, width, rows, columns, c + (i * cRow) + j, cRow, add);
                }
            }
        }
    }

    /// <summary>The last panel may be half as wide.</summary>
    private static int PanelWidth(int columns) => columns <= 2 * TVector.Count ? 2 * TVector.Count : TileColumns;

    /// <summary>A tile of C of which <c>[rows × columns]</c> exist.</summary>
    private static void Tile(MatrixView a, float* b, long bRow, int width, int rows, int columns, float* c, long cRow, bool add)
    {
        if (rows == TileRows && columns == width)
        {
            Tile(a, b, bRow, width, c, cRow, add);
            return;
        }

        float* whole = stackalloc float[TileRows * 4 * TVector.Count];
        Tile(a, b, bRow, width, whole, width, add: false);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
                c[(i * cRow) + j] = add ? c[(i * cRow) + j] + whole[(i * width) + j] : whole[(i * width) + j];
        }
    }

    private static void Tile(MatrixView a, float* b, long bRow, int width, float* c, long cRow, bool add)
    {
        if (width == 2 * TVector.Count)
            MatrixTile<TVector, Two<TVector>>.SixRows(a.Data, a.RowStride, a.ColumnStride, b, bRow, a.Columns, c, cRow, add);
        else
            MatrixTile<TVector, Four<TVector>>.SixRows(a.Data, a.RowStride, a.ColumnStride, b, bRow, a.Columns, c, cRow, add);
    }

    private static void Clear(float* c, long cRow, int rows, int columns)
    {
        for (int i = 0; i < rows; i++)
            new Span<float>(c + (i * cRow), columns).Clear();
    }
}
