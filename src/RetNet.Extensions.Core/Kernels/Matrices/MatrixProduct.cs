using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Matrices;

/// <summary>Products of float32 matrices of any size and layout, blocked for the caches (after Goto and van de Geijn, 2008).</summary>
/// <remarks>
/// A block of B is laid out in panels as wide as a tile and stays in the second-level cache, while the rows of A are multiplied with it,
/// six at a time; for large products the threads lay it out together. A matrix that already has the right layout is not copied. The sums
/// over k are formed in blocks whose bounds depend on k only, so an element of C has the same bits for any number of threads, any vector
/// width, and any other rows and columns beside it.
/// </remarks>
internal static unsafe class MatrixProduct
{
    // Fewer rows of C do not pay for the memory of a B that is laid out for all threads.
    private const int LeastSharedRows = 96;
    private const int ColumnsOfPart = 128;

    /// <summary><c>C = A B</c>, or <c>C += A B</c>.</summary>
    /// <param name="pool">The threads; C is split between them.</param>
    /// <param name="a">A, <c>[m × k]</c>.</param>
    /// <param name="b">B, <c>[k × n]</c>.</param>
    /// <param name="c">C, <c>[m × n]</c>; apart from A and B.</param>
    /// <param name="cRowStride">Distance of C's rows.</param>
    /// <param name="add">True to add to C.</param>
    public static void Apply(WorkerPool pool, MatrixView a, MatrixView b, float* c, long cRowStride, bool add)
    {
        if (a.Rows < LeastSharedRows || a.Columns == 0)
        {
            pool.For((b.Columns + ColumnsOfPart - 1) / ColumnsOfPart, (long)a.Rows * a.Columns * b.Columns,
                new ColumnsJob(a, b, c, cRowStride, add));
        }
        else if (VectorWidth.Is512)
        {
            SharedProduct<FloatVector512>.Apply(pool, a, b, c, cRowStride, add);
        }
        else if (VectorWidth.Is256)
        {
            SharedProduct<FloatVector256>.Apply(pool, a, b, c, cRowStride, add);
        }
        else
        {
            SharedProduct<FloatVector128>.Apply(pool, a, b, c, cRowStride, add);
        }
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

    /// <summary>The same with a B that <see cref="LayOut"/> wrote.</summary>
    /// <inheritdoc cref="ApplyAlone(MatrixView, MatrixView, float*, long, bool)"/>
    public static void ApplyAlone(MatrixView a, RightFactor b, float* c, long cRowStride, bool add)
    {
        if (VectorWidth.Is512)
            MatrixBlocks<FloatVector512>.Multiply(a, b, c, cRowStride, add);
        else if (VectorWidth.Is256)
            MatrixBlocks<FloatVector256>.Multiply(a, b, c, cRowStride, add);
        else
            MatrixBlocks<FloatVector128>.Multiply(a, b, c, cRowStride, add);
    }

    /// <summary>Floats that <see cref="LayOut"/> writes.</summary>
    public static long LaidOutLength(int rows, int columns) => (long)rows * ((columns + RightFactor.Granule - 1) / RightFactor.Granule)
        * RightFactor.Granule;

    /// <summary>Lays out B for several products on one thread.</summary>
    /// <param name="b"><c>[k × n]</c>.</param>
    /// <param name="memory"><see cref="LaidOutLength"/> floats.</param>
    public static RightFactor LayOut(MatrixView b, float* memory)
    {
        if (VectorWidth.Is512)
            return MatrixBlocks<FloatVector512>.LayOut(b, memory);
        return VectorWidth.Is256 ? MatrixBlocks<FloatVector256>.LayOut(b, memory) : MatrixBlocks<FloatVector128>.LayOut(b, memory);
    }

    /// <summary>Computes columns of C; an index is a part of them.</summary>
    private readonly struct ColumnsJob(MatrixView a, MatrixView b, float* c, long cRowStride, bool add) : IRangeJob
    {
        public void Run(int from, int to)
        {
            int first = from * ColumnsOfPart;
            int count = Math.Min(to * ColumnsOfPart, b.Columns) - first;
            ApplyAlone(a, b.ColumnRange(first, count), c + first, cRowStride, add);
        }
    }
}
