using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Matrices;

/// <summary>Products of float32 matrices of any size and layout, blocked for the caches (after Goto and van de Geijn, 2008).</summary>
/// <remarks>
/// A block of B is laid out in panels as wide as a tile and stays in the second-level cache, while the rows of A are multiplied with it,
/// six at a time. A matrix that already has the right layout is not copied. The sums over k are formed in blocks whose bounds depend on k
/// only, so an element of C has the same bits for any number of threads, any vector width, and any other rows and columns beside it.
/// </remarks>
internal static unsafe class MatrixProduct
{
    /// <summary><c>C = A B</c>, or <c>C += A B</c>.</summary>
    /// <param name="pool">The threads; C is split between them.</param>
    /// <param name="a">A, <c>[m × k]</c>.</param>
    /// <param name="b">B, <c>[k × n]</c>.</param>
    /// <param name="c">C, <c>[m × n]</c>; apart from A and B.</param>
    /// <param name="cRowStride">Distance of C's rows.</param>
    /// <param name="add">True to add to C.</param>
    public static void Apply(WorkerPool pool, MatrixView a, MatrixView b, float* c, long cRowStride, bool add)
    {
        const int leastRows = 96, leastColumns = 128, partsPerThread = 4;
        bool byRows = a.Rows >= b.Columns;
        int length = byRows ? a.Rows : b.Columns;
        int granule = byRows ? MatrixBlocks<FloatVector128>.TileRows : 64;
        int least = byRows ? leastRows : leastColumns;
        int parts = pool.Threads * Math.Clamp(length / (least * pool.Threads), 1, partsPerThread);
        int part = (((length + parts - 1) / parts) + granule - 1) / granule * granule;
        long cost = (long)a.Rows * a.Columns * b.Columns;
        pool.For((length + part - 1) / part, cost,
            new Job { A = a, B = b, C = c, CRowStride = cRowStride, Add = add, ByRows = byRows, Part = part });
    }

    /// <summary><c>C = A B</c>, or <c>C += A B</c>, on the calling thread: for use inside a job.</summary>
    /// <inheritdoc cref="Apply"/>
    public static void ApplyAlone(MatrixView a, MatrixView b, float* c, long cRowStride, bool add)
    {
        if (VectorWidth.Is512)
            MatrixBlocks<FloatVector512>.Multiply(a, b, c, cRowStride, add);
        else if (VectorWidth.Is256)
            MatrixBlocks<FloatVector256>.Multiply(a, b, c, cRowStride, add);
        else
            MatrixBlocks<FloatVector128>.Multiply(a, b, c, cRowStride, add);
    }

    /// <summary>Parts of C: some rows, or some columns.</summary>
    private readonly struct Job : IRangeJob
    {
        public required MatrixView A { get; init; }

        public required MatrixView B { get; init; }

        public required float* C { get; init; }

        public required long CRowStride { get; init; }

        public required bool Add { get; init; }

        public required bool ByRows { get; init; }

        /// <summary>The rows or columns of a part.</summary>
        public required int Part { get; init; }

        public void Run(int from, int to)
        {
            int first = from * Part;
            int count = Math.Min(to * Part, ByRows ? A.Rows : B.Columns) - first;
            if (ByRows)
                ApplyAlone(A.RowRange(first, count), B, C + (first * CRowStride), CRowStride, Add);
            else
                ApplyAlone(A, B.ColumnRange(first, count), C + first, CRowStride, Add);
        }
    }
}
