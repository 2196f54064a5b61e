using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Matrices;

/// <summary>Products of matrices that fit the cache, as attention and chunkwise retention need them.</summary>
/// <remarks>Every element of C is one chain of fused multiply-adds in the order of k, begun with C, whatever the tile and the vectors:
/// always the same bits.</remarks>
internal static unsafe class SmallMatrix
{
    /// <summary><c>C += A B</c> with C <c>[m × n]</c>, A <c>[m × k]</c>, B <c>[k × n]</c>.</summary>
    /// <param name="a">A; element (i, p) is <c>a[i · aRow + p · aColumn]</c>, so a transposed matrix needs no copy.</param>
    /// <param name="aRow">Distance of A's rows.</param>
    /// <param name="aColumn">Distance of A's columns.</param>
    /// <param name="b">B.</param>
    /// <param name="bRow">Distance of B's rows.</param>
    /// <param name="c">C.</param>
    /// <param name="cRow">Distance of C's rows.</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">The inner dimension.</param>
    public static void MultiplyAdd<TStored>(float* a, int aRow, int aColumn, TStored* b, int bRow, float* c, int cRow, int m, int n, int k)
        where TStored : unmanaged, IStoredValue<TStored>
    {
        if (VectorWidth.Is512)
            MultiplyAdd<FloatVector512, TStored>(a, aRow, aColumn, b, bRow, c, cRow, m, n, k);
        else if (VectorWidth.Is256)
            MultiplyAdd<FloatVector256, TStored>(a, aRow, aColumn, b, bRow, c, cRow, m, n, k);
        else
            MultiplyAdd<FloatVector128, TStored>(a, aRow, aColumn, b, bRow, c, cRow, m, n, k);
    }

    /// <inheritdoc cref="MultiplyAdd{TStored}"/>
    public static void MultiplyAdd(float* a, int aRow, int aColumn, float* b, int bRow, float* c, int cRow, int m, int n, int k) =>
        MultiplyAdd(a, aRow, aColumn, (StoredFloat32*)b, bRow, c, cRow, m, n, k);

    /// <summary>The loop nest: four rows by four or two vectors of C (21 or 11 registers) stay in registers while k runs.</summary>
    internal static void MultiplyAdd<TVector, TStored>(
        float* a, int aRow, int aColumn, TStored* b, int bRow, float* c, int cRow, int m, int n, int k)
        where TVector : unmanaged, IFloatVector<TVector>
        where TStored : unmanaged, IStoredValue<TStored>
    {
        int lanes = TVector.Count;
        int i = 0;
        for (; i + 4 <= m; i += 4)
        {
            float* aRows = a + ((long)i * aRow);
            float* cRows = c + ((long)i * cRow);
            int j = 0;
            if (lanes == 16)
            {
                for (; j + (4 * lanes) <= n; j += 4 * lanes)
                    FourRows<TVector, Four<TVector>, TStored>(aRows, aRow, aColumn, b + j, bRow, cRows + j, cRow, k);
            }

            for (; j + (2 * lanes) <= n; j += 2 * lanes)
                FourRows<TVector, Two<TVector>, TStored>(aRows, aRow, aColumn, b + j, bRow, cRows + j, cRow, k);
            for (int r = 0; r < 4; r++)
                OneRow<TVector, TStored>(aRows + ((long)r * aRow), aColumn, b, bRow, cRows + ((long)r * cRow), j, n, k);
        }

        for (; i < m; i++)
            OneRow<TVector, TStored>(a + ((long)i * aRow), aColumn, b, bRow, c + ((long)i * cRow), 0, n, k);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows<TVector, TRow, TStored>(float* a, int aRow, int aColumn, TStored* b, int bRow, float* c, int cRow, int k)
        where TVector : unmanaged, IFloatVector<TVector>
        where TRow : unmanaged, IVectorRow<TRow, TVector>
        where TStored : unmanaged, IStoredValue<TStored>
    {
        float* c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow;
        TRow sum0 = TRow.Load(c), sum1 = TRow.Load(c1), sum2 = TRow.Load(c2), sum3 = TRow.Load(c3);
        for (int p = 0; p < k; p++, a += aColumn, b += bRow)
        {
            TRow row = TRow.LoadStored(b);
            sum0 = TRow.MultiplyAdd(TVector.Broadcast(a[0]), row, sum0);
            sum1 = TRow.MultiplyAdd(TVector.Broadcast(a[aRow]), row, sum1);
            sum2 = TRow.MultiplyAdd(TVector.Broadcast(a[2 * aRow]), row, sum2);
            sum3 = TRow.MultiplyAdd(TVector.Broadcast(a[3 * aRow]), row, sum3);
        }

        TRow.Store(sum0, c);
        TRow.Store(sum1, c1);
        TRow.Store(sum2, c2);
        TRow.Store(sum3, c3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRow<TVector, TStored>(float* a, int aColumn, TStored* b, int bRow, float* c, int from, int n, int k)
        where TVector : unmanaged, IFloatVector<TVector>
        where TStored : unmanaged, IStoredValue<TStored>
    {
        int lanes = TVector.Count;
        int j = from;

        // Four vectors at a time: B is read in whole cache lines, one after the other.
        for (; j + (4 * lanes) <= n; j += 4 * lanes)
        {
            Four<TVector> sum = Four<TVector>.Load(c + j);
            TStored* bPart = b + j;
            float* scalar = a;
            for (int p = 0; p < k; p++, bPart += bRow, scalar += aColumn)
                sum = Four<TVector>.MultiplyAdd(TVector.Broadcast(*scalar), Four<TVector>.LoadStored(bPart), sum);
            Four<TVector>.Store(sum, c + j);
        }

        for (; j + lanes <= n; j += lanes)
        {
            TVector sum = TVector.Load(c + j);
            for (int p = 0; p < k; p++)
                sum = TVector.MultiplyAdd(TVector.Broadcast(a[(long)p * aColumn]), TStored.Load<TVector>(b + ((long)p * bRow) + j), sum);
            TVector.Store(sum, c + j);
        }

        for (; j < n; j++)
        {
            float sum = c[j];
            for (int p = 0; p < k; p++)
                sum = MathF.FusedMultiplyAdd(a[(long)p * aColumn], TStored.Widen(b[((long)p * bRow) + j]), sum);
            c[j] = sum;
        }
    }
}
