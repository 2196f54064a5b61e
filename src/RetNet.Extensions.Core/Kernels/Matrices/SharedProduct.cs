using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Kernels.Matrices;

/// <summary>A product of large matrices on several threads: they lay out B together, once, and then share the rows of C.</summary>
/// <remarks>Before, every part of the rows laid out B for itself: eight times with two threads.</remarks>
internal static unsafe class SharedProduct<TVector>
    where TVector : unmanaged, IFloatVector<TVector>
{
    // 4 MB of B are laid out at a time.
    private const int MostPacked = 1 << 20;

    /// <inheritdoc cref="MatrixProduct.Apply"/>
    public static void Apply(WorkerPool pool, MatrixView a, MatrixView b, float* c, long cRowStride, bool add)
    {
        int k = a.Columns, blocks = MatrixBlocks<TVector>.InnerBlocks(k), blockColumns = MatrixBlocks<TVector>.BlockColumns(k);
        int mostColumns = Math.Max(1, MostPacked / k / blockColumns) * blockColumns;
        int mostInner = Math.Max(1, MostPacked / Math.Min(mostColumns, b.Columns));
        int rows = RowsOfPart(a.Rows, pool.Threads);
        for (int column = 0; column < b.Columns; column += mostColumns)
        {
            int columns = Math.Min(mostColumns, b.Columns - column);
            for (int block = 0, end; block < blocks; block = end)
            {
                int first = MatrixBlocks<TVector>.FirstInner(k, block);
                for (end = block + 1; end < blocks && MatrixBlocks<TVector>.FirstInner(k, end + 1) - first <= mostInner;)
                    end++;
                int inner = MatrixBlocks<TVector>.FirstInner(k, end) - first;
                float* memory = ThreadScratch.GetShared((long)inner * MatrixBlocks<TVector>.PackedColumns(columns));
                Slab slab = new(memory, columns, k, block, end);
                PackJob pack = new() { B = b.ColumnRange(column, columns), Slab = slab };
                pool.For(pack.Count, (long)inner * columns, pack);
                RowsJob multiply = new()
                {
                    A = a,
                    Slab = slab,
                    C = c + column,
                    CRowStride = cRowStride,
                    Add = add || block > 0,
                    Rows = rows,
                };
                pool.For((a.Rows + rows - 1) / rows, (long)a.Rows * inner * columns, multiply);
            }
        }
    }

    // A block of B is read once for all rows of a part; eight parts for each thread let them finish together.
    private static int RowsOfPart(int rows, int threads)
    {
        const int least = 48, most = 192, partsPerThread = 8, tile = MatrixBlocks<TVector>.TileRows;
        return Math.Clamp(rows / (threads * partsPerThread), least, most) / tile * tile;
    }

    /// <summary>A part of B that is laid out: its blocks one after the other, those of the same columns together.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="k">The rows of all of B.</param>
    /// <param name="firstBlock">Its first block of the inner dimension.</param>
    /// <param name="endBlock">The block after its last.</param>
    private readonly struct Slab(float* memory, int columns, int k, int firstBlock, int endBlock)
    {
        public int Columns => columns;

        public int FirstBlock => firstBlock;

        public int EndBlock => endBlock;

        public int BlockColumns => MatrixBlocks<TVector>.BlockColumns(k);

        /// <summary>The first row of a block in B.</summary>
        public int FirstRow(int block) => MatrixBlocks<TVector>.FirstInner(k, block);

        /// <summary>The block in certain rows and the columns from a multiple of <see cref="BlockColumns"/>.</summary>
        public RightFactor Block(int block, int column)
        {
            int count = Math.Min(BlockColumns, columns - column), before = FirstRow(block) - FirstRow(firstBlock);
            float* data = memory + ((long)column * (FirstRow(endBlock) - FirstRow(firstBlock)))
                + ((long)before * MatrixBlocks<TVector>.PackedColumns(count));
            return new RightFactor(data, FirstRow(block + 1) - FirstRow(block), count, MatrixBlocks<TVector>.TileColumns);
        }
    }

    /// <summary>Lays out a part of B; an index is a panel of a block.</summary>
    private readonly struct PackJob : IRangeJob
    {
        public required MatrixView B { get; init; }

        public required Slab Slab { get; init; }

        public int Count => Panels * (Slab.EndBlock - Slab.FirstBlock);

        private int Panels => (B.Columns + MatrixBlocks<TVector>.TileColumns - 1) / MatrixBlocks<TVector>.TileColumns;

        public void Run(int from, int to)
        {
            int width = MatrixBlocks<TVector>.TileColumns;
            for (int index = from; index < to;)
            {
                // Panels of the same block, which are read row by row.
                int block = Slab.FirstBlock + (index / Panels), column = index % Panels * width;
                int start = column / Slab.BlockColumns * Slab.BlockColumns;
                RightFactor target = Slab.Block(block, start);
                int end = Math.Min(start + target.Columns, column + ((to - index) * width));
                MatrixView rows = B.RowRange(Slab.FirstRow(block), target.Rows);
                MatrixBlocks<TVector>.Pack(rows.ColumnRange(start, end - start), column - start, target.Panel(0));
                index += (end - column + width - 1) / width;
            }
        }
    }

    /// <summary>Multiplies rows of A; an index is a part of them.</summary>
    private readonly struct RowsJob : IRangeJob
    {
        public required MatrixView A { get; init; }

        public required Slab Slab { get; init; }

        public required float* C { get; init; }

        public required long CRowStride { get; init; }

        public required bool Add { get; init; }

        /// <summary>The rows of a part.</summary>
        public required int Rows { get; init; }

        public void Run(int from, int to)
        {
            int firstRow = from * Rows;
            MatrixView a = A.RowRange(firstRow, Math.Min(to * Rows, A.Rows) - firstRow);
            for (int column = 0; column < Slab.Columns; column += Slab.BlockColumns)
            {
                for (int block = Slab.FirstBlock; block < Slab.EndBlock; block++)
                {
                    RightFactor b = Slab.Block(block, column);
                    MatrixBlocks<TVector>.MultiplyBlock(a.ColumnRange(Slab.FirstRow(block), b.Rows), b,
                        C + (firstRow * CRowStride) + column, CRowStride, Add || block > Slab.FirstBlock);
                }
            }
        }
    }
}
