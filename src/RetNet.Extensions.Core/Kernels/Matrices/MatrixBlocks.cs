using System.Runtime.CompilerServices;
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
    public static int TileColumns => TVector.Count == 8 ? 2 * TVector.Count : 4 * TVector.Count;

    /// <summary><c>C = A B</c>, or <c>C += A B</c>.</summary>
    /// <inheritdoc cref="MatrixProduct.ApplyAlone(MatrixView, MatrixView, float*, long, bool)"/>
    public static void Multiply(MatrixView a, MatrixView b, float* c, long cRow, bool add)
    {
        int k = a.Columns;
        if (k == 0 && !add)
            Clear(c, cRow, a.Rows, b.Columns);
        if (k == 0)
            return;

        int blocks = InnerBlocks(k);
        int blockColumns = BlockColumns(k);
        bool copy = b.ColumnStride != 1 || a.Rows >= RowsWorthPacking;
        for (int column = 0; column < b.Columns; column += blockColumns)
        {
            int columns = Math.Min(blockColumns, b.Columns - column);
            for (int block = 0; block < blocks; block++)
            {
                int first = FirstInner(k, block);
                int inner = FirstInner(k, block + 1) - first;
                MatrixView part = b.ColumnRange(column, columns).RowRange(first, inner);
                Pack(part, copy ? 0 : columns - (columns % TileColumns), Scratch());
                RightFactor packed = new(Scratch(), inner, columns, TileColumns);
                MultiplyBlock(a.ColumnRange(first, inner), packed, copy ? default : part, c + column, cRow, add || block > 0);
            }
        }
    }

    /// <summary>Blocks of the inner dimension.</summary>
    public static int InnerBlocks(int k) => (k + BlockInner - 1) / BlockInner;

    /// <summary>Where a block of the inner dimension begins.</summary>
    public static int FirstInner(int k, int block) => (int)((long)k * block / InnerBlocks(k));

    /// <summary>Columns of a block of B.</summary>
    public static int BlockColumns(int k) => BlockElements / ((k + InnerBlocks(k) - 1) / InnerBlocks(k)) / TileColumns * TileColumns;

    /// <summary>Columns in whole panels.</summary>
    public static int PackedColumns(int columns) => (columns + TileColumns - 1) / TileColumns * TileColumns;

    /// <summary>Lays out the panels of a block of B behind the first columns.</summary>
    /// <param name="b"><c>[k × n]</c>.</param>
    /// <param name="from">A multiple of <see cref="TileColumns"/>.</param>
    /// <param name="packed"><c>[k × <see cref="PackedColumns"/>]</c>, those of the columns before included.</param>
    public static void Pack(MatrixView b, int from, float* packed)
    {
        int whole = b.Columns - (b.Columns % TileColumns);
        if (from < whole)
            MatrixPacking<TVector>.PackPanels(b.ColumnRange(from, whole - from), TileColumns, packed + ((long)from * b.Rows));
        if (whole < b.Columns)
            MatrixPacking<TVector>.PackPanel(b.ColumnRange(whole, b.Columns - whole), TileColumns, packed + ((long)whole * b.Rows));
    }

    /// <inheritdoc cref="MatrixProduct.LayOut"/>
    public static RightFactor LayOut(MatrixView b, float* memory)
    {
        Pack(b, 0, memory);
        return new RightFactor(memory, b.Rows, b.Columns, TileColumns);
    }

    /// <summary><c>C = A B</c>, or <c>C += A B</c>, with a B that is laid out.</summary>
    /// <inheritdoc cref="MatrixProduct.ApplyAlone(MatrixView, RightFactor, float*, long, bool)"/>
    public static void Multiply(MatrixView a, RightFactor b, float* c, long cRow, bool add)
    {
        int k = a.Columns;
        for (int block = 0; block < InnerBlocks(k); block++)
        {
            int first = FirstInner(k, block);
            RightFactor part = b.RowRange(first, FirstInner(k, block + 1) - first);
            MultiplyBlock(a.ColumnRange(first, part.Rows), part, c, cRow, add || block > 0);
        }
    }

    private static float* Scratch() => (_scratch ??= new(BlockElements + (BlockInner * BlockRows))).Pointer;

    /// <summary>All rows of A by one block of B that is laid out.</summary>
    public static void MultiplyBlock(MatrixView a, RightFactor b, float* c, long cRow, bool add) =>
        MultiplyBlock(a, b, default, c, cRow, add);

    /// <summary>All rows of A by one block of B.</summary>
    /// <param name="a"><c>[m × k]</c>.</param>
    /// <param name="b"><c>[k × n]</c>, of which only a last panel that is not whole need be laid out where there is the next.</param>
    /// <param name="inPlace">B in its own memory; empty where all of it is laid out.</param>
    /// <param name="c">C.</param>
    /// <param name="cRow">Distance of C's rows.</param>
    /// <param name="add">True to add to C.</param>
    private static void MultiplyBlock(MatrixView a, RightFactor b, MatrixView inPlace, float* c, long cRow, bool add)
    {
        int k = a.Columns;
        float* packedA = Scratch() + BlockElements;
        bool copyA = a.ColumnStride != 1 && (a.RowStride != 1 || k > InnerWorthPacking);

        for (int block = 0; block < a.Rows; block += BlockRows)
        {
            int end = Math.Min(block + BlockRows, a.Rows);
            int whole = block + ((end - block) / TileRows * TileRows);
            if (copyA)
                MatrixPacking<TVector>.PackPanels(a.RowRange(block, whole - block).Transposed, TileRows, packedA);
            int i = block;
            for (; i < whole; i += TileRows)
            {
                MatrixView panel = copyA ? new(packedA + ((i - block) * k), TileRows, k, 1, TileRows) : a.RowRange(i, TileRows);
                Panel(panel, TileRows, b, inPlace, c + (i * cRow), cRow, add);
            }

            for (; i + 2 <= end; i += 2)
                Panel(a.RowRange(i, 2), 2, b, inPlace, c + (i * cRow), cRow, add);
            if (i == end)
                continue;
            MatrixPacking<TVector>.PackPanel(a.RowRange(i, 1).Transposed, 2, packedA);
            Panel(new(packedA, 2, k, 1, 2), 1, b, inPlace, c + (i * cRow), cRow, add);
        }
    }

    /// <summary>Six or two rows of A by a block of B.</summary>
    /// <param name="a"><c>[6 × k]</c> or <c>[2 × k]</c>.</param>
    /// <param name="rows">How many rows of C there are.</param>
    /// <param name="b"><c>[k × n]</c>.</param>
    /// <param name="inPlace">See <see cref="MultiplyBlock(MatrixView, RightFactor, MatrixView, float*, long, bool)"/>.</param>
    /// <param name="c">C.</param>
    /// <param name="cRow">Distance of C's rows.</param>
    /// <param name="add">True to add to C.</param>
    private static void Panel(MatrixView a, int rows, RightFactor b, MatrixView inPlace, float* c, long cRow, bool add)
    {
        for (int j = 0; j < b.Columns; j += TileColumns)
        {
            int columns = Math.Min(TileColumns, b.Columns - j), width = PanelWidth(columns);
            bool isThere = columns == width && inPlace.Rows > 0;
            float* right = isThere ? inPlace.At(0, j) : b.Panel(j / TileColumns);
            long rightRow = isThere ? inPlace.RowStride : TileColumns;
            if (rows == a.Rows && columns == width)
                Tile(a, right, rightRow, width, c + j, cRow, add);
            else
                PartOfTile(a, right, rightRow, width, rows, columns, c + j, cRow, add);
        }
    }

    /// <summary>The last panel may be half as wide.</summary>
    private static int PanelWidth(int columns) => columns <= 2 * TVector.Count ? 2 * TVector.Count : TileColumns;

    /// <summary>A tile of C of which <c>[rows × columns]</c> exist.</summary>
    [SkipLocalsInit]
    private static void PartOfTile(
        MatrixView a, float* b, long bRow, int width, int rows, int columns, float* c, long cRow, bool add)
    {
        float* whole = stackalloc float[TileRows * 4 * TVector.Count];
        Tile(a, b, bRow, width, whole, width, add: false);
        for (int i = 0; i < rows; i++, c += cRow, whole += width)
        {
            int j = 0;
            for (; j + TVector.Count <= columns; j += TVector.Count)
            {
                TVector sums = TVector.Load(whole + j);
                TVector.Store(add ? TVector.Add(TVector.Load(c + j), sums) : sums, c + j);
            }

            for (; j < columns; j++)
                c[j] = add ? c[j] + whole[j] : whole[j];
        }
    }

    private static void Tile(MatrixView a, float* b, long bRow, int width, float* c, long cRow, bool add)
    {
        if (width == 2 * TVector.Count)
            Tile<Two<TVector>>(a, b, bRow, c, cRow, add);
        else
            Tile<Four<TVector>>(a, b, bRow, c, cRow, add);
    }

    private static void Tile<TRow>(MatrixView a, float* b, long bRow, float* c, long cRow, bool add)
        where TRow : unmanaged, IVectorRow<TRow, TVector>
    {
        if (a.Rows == TileRows)
            MatrixTile<TVector, TRow>.SixRows(a.Data, a.RowStride, a.ColumnStride, b, bRow, a.Columns, c, cRow, add);
        else
            MatrixTile<TVector, TRow>.TwoRows(a.Data, a.RowStride, a.ColumnStride, b, bRow, a.Columns, c, cRow, add);
    }

    private static void Clear(float* c, long cRow, int rows, int columns)
    {
        for (int i = 0; i < rows; i++)
            new Span<float>(c + (i * cRow), columns).Clear();
    }
}
