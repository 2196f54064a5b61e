using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Kernels;

/// <summary>Dot products of four weight rows with one, two or four input rows, held in registers.</summary>
/// <remarks>
/// Every dot product is summed in the same order whatever the tile: one vector accumulator over the columns, its lanes, then the columns
/// that do not fill a vector. A sequence therefore gets the same bits alone and in a batch.
/// </remarks>
internal static unsafe class Tile<TVector, TRow>
    where TVector : unmanaged, IFloatVector<TVector>
    where TRow : unmanaged, IWeightRow
{
    /// <summary><c>y[0..4) = w[0..4) · x</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FourByOne(TRow w0, TRow w1, TRow w2, TRow w3, float* x, int columns, float* y)
    {
        TVector a0 = TVector.Zero, a1 = TVector.Zero, a2 = TVector.Zero, a3 = TVector.Zero;
        int vectors = columns - (columns % TVector.Count);

        // A weight is read once, and a row is too short for the processor to foresee the next: ask for the next four rows meanwhile.
        int next = 4 * columns;
        for (int c = 0; c < vectors; c += TVector.Count)
        {
            w0.Prefetch(c + next);
            w1.Prefetch(c + next);
            w2.Prefetch(c + next);
            w3.Prefetch(c + next);
            TVector v = TVector.Load(x + c);
            a0 = TVector.MultiplyAdd(w0.Load<TVector>(c), v, a0);
            a1 = TVector.MultiplyAdd(w1.Load<TVector>(c), v, a1);
            a2 = TVector.MultiplyAdd(w2.Load<TVector>(c), v, a2);
            a3 = TVector.MultiplyAdd(w3.Load<TVector>(c), v, a3);
        }

        y[0] = Finish(a0, w0, x, vectors, columns);
        y[1] = Finish(a1, w1, x, vectors, columns);
        y[2] = Finish(a2, w2, x, vectors, columns);
        y[3] = Finish(a3, w3, x, vectors, columns);
    }

    /// <summary><c>y[t × 4 + r] = w[r] · x[t]</c> for two input rows, <paramref name="stride"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FourByTwo(TRow w0, TRow w1, TRow w2, TRow w3, float* x, int stride, int columns, float* y)
    {
        TVector a00 = TVector.Zero, a01 = TVector.Zero, a02 = TVector.Zero, a03 = TVector.Zero;
        TVector a10 = TVector.Zero, a11 = TVector.Zero, a12 = TVector.Zero, a13 = TVector.Zero;
        float* x1 = x + stride;
        int vectors = columns - (columns % TVector.Count);
        for (int c = 0; c < vectors; c += TVector.Count)
        {
            TVector v0 = TVector.Load(x + c), v1 = TVector.Load(x1 + c);
            TVector w = w0.Load<TVector>(c);
            a00 = TVector.MultiplyAdd(w, v0, a00);
            a10 = TVector.MultiplyAdd(w, v1, a10);
            w = w1.Load<TVector>(c);
            a01 = TVector.MultiplyAdd(w, v0, a01);
            a11 = TVector.MultiplyAdd(w, v1, a11);
            w = w2.Load<TVector>(c);
            a02 = TVector.MultiplyAdd(w, v0, a02);
            a12 = TVector.MultiplyAdd(w, v1, a12);
            w = w3.Load<TVector>(c);
            a03 = TVector.MultiplyAdd(w, v0, a03);
            a13 = TVector.MultiplyAdd(w, v1, a13);
        }

        y[0] = Finish(a00, w0, x, vectors, columns);
        y[1] = Finish(a01, w1, x, vectors, columns);
        y[2] = Finish(a02, w2, x, vectors, columns);
        y[3] = Finish(a03, w3, x, vectors, columns);
        y[4] = Finish(a10, w0, x1, vectors, columns);
        y[5] = Finish(a11, w1, x1, vectors, columns);
        y[6] = Finish(a12, w2, x1, vectors, columns);
        y[7] = Finish(a13, w3, x1, vectors, columns);
    }

    /// <summary><c>y[t × 4 + r] = w[r] · x[t]</c> for four input rows; sixteen accumulators, for register files of 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FourByFour(TRow w0, TRow w1, TRow w2, TRow w3, float* x, int stride, int columns, float* y)
    {
        TVector a00 = TVector.Zero, a01 = TVector.Zero, a02 = TVector.Zero, a03 = TVector.Zero;
        TVector a10 = TVector.Zero, a11 = TVector.Zero, a12 = TVector.Zero, a13 = TVector.Zero;
        TVector a20 = TVector.Zero, a21 = TVector.Zero, a22 = TVector.Zero, a23 = TVector.Zero;
        TVector a30 = TVector.Zero, a31 = TVector.Zero, a32 = TVector.Zero, a33 = TVector.Zero;
        float* x1 = x + stride, x2 = x1 + stride, x3 = x2 + stride;
        int vectors = columns - (columns % TVector.Count);
        for (int c = 0; c < vectors; c += TVector.Count)
        {
            TVector v0 = TVector.Load(x + c), v1 = TVector.Load(x1 + c), v2 = TVector.Load(x2 + c), v3 = TVector.Load(x3 + c);
            TVector w = w0.Load<TVector>(c);
            a00 = TVector.MultiplyAdd(w, v0, a00);
            a10 = TVector.MultiplyAdd(w, v1, a10);
            a20 = TVector.MultiplyAdd(w, v2, a20);
            a30 = TVector.MultiplyAdd(w, v3, a30);
            w = w1.Load<TVector>(c);
            a01 = TVector.MultiplyAdd(w, v0, a01);
            a11 = TVector.MultiplyAdd(w, v1, a11);
            a21 = TVector.MultiplyAdd(w, v2, a21);
            a31 = TVector.MultiplyAdd(w, v3, a31);
            w = w2.Load<TVector>(c);
            a02 = TVector.MultiplyAdd(w, v0, a02);
            a12 = TVector.MultiplyAdd(w, v1, a12);
            a22 = TVector.MultiplyAdd(w, v2, a22);
            a32 = TVector.MultiplyAdd(w, v3, a32);
            w = w3.Load<TVector>(c);
            a03 = TVector.MultiplyAdd(w, v0, a03);
            a13 = TVector.MultiplyAdd(w, v1, a13);
            a23 = TVector.MultiplyAdd(w, v2, a23);
            a33 = TVector.MultiplyAdd(w, v3, a33);
        }

        y[0] = Finish(a00, w0, x, vectors, columns);
        y[1] = Finish(a01, w1, x, vectors, columns);
        y[2] = Finish(a02, w2, x, vectors, columns);
        y[3] = Finish(a03, w3, x, vectors, columns);
        y[4] = Finish(a10, w0, x1, vectors, columns);
        y[5] = Finish(a11, w1, x1, vectors, columns);
        y[6] = Finish(a12, w2, x1, vectors, columns);
        y[7] = Finish(a13, w3, x1, vectors, columns);
        y[8] = Finish(a20, w0, x2, vectors, columns);
        y[9] = Finish(a21, w1, x2, vectors, columns);
        y[10] = Finish(a22, w2, x2, vectors, columns);
        y[11] = Finish(a23, w3, x2, vectors, columns);
        y[12] = Finish(a30, w0, x3, vectors, columns);
        y[13] = Finish(a31, w1, x3, vectors, columns);
        y[14] = Finish(a32, w2, x3, vectors, columns);
        y[15] = Finish(a33, w3, x3, vectors, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Finish(TVector lanes, TRow w, float* x, int from, int columns)
    {
        float sum = TVector.Sum(lanes);
        for (int c = from; c < columns; c++)
            sum = MathF.FusedMultiplyAdd(w.LoadScalar(c), x[c], sum);
        return sum;
    }
}
