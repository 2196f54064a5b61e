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
        where TStored : unmanaged, IStoredFloat<TStored>
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
        where TStored : unmanaged, IStoredFloat<TStored>
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
                    FourByFour<TVector, TStored>(aRows, aRow, aColumn, b + j, bRow, cRows + j, cRow, k);
            }

            for (; j + (2 * lanes) <= n; j += 2 * lanes)
                FourByTwo<TVector, TStored>(aRows, aRow, aColumn, b + j, bRow, cRows + j, cRow, k);
            for (int r = 0; r < 4; r++)
                OneRow<TVector, TStored>(aRows + ((long)r * aRow), aColumn, b, bRow, cRows + ((long)r * cRow), j, n, k);
        }

        for (; i < m; i++)
            OneRow<TVector, TStored>(a + ((long)i * aRow), aColumn, b, bRow, c + ((long)i * cRow), 0, n, k);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByFour<TVector, TStored>(float* a, int aRow, int aColumn, TStored* b, int bRow, float* c, int cRow, int k)
        where TVector : unmanaged, IFloatVector<TVector>
        where TStored : unmanaged, IStoredFloat<TStored>
    {
        int w = TVector.Count;
        float* c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow;
        TVector c00 = TVector.Load(c), c01 = TVector.Load(c + w), c02 = TVector.Load(c + (2 * w)), c03 = TVector.Load(c + (3 * w));
        TVector c10 = TVector.Load(c1), c11 = TVector.Load(c1 + w), c12 = TVector.Load(c1 + (2 * w)), c13 = TVector.Load(c1 + (3 * w));
        TVector c20 = TVector.Load(c2), c21 = TVector.Load(c2 + w), c22 = TVector.Load(c2 + (2 * w)), c23 = TVector.Load(c2 + (3 * w));
        TVector c30 = TVector.Load(c3), c31 = TVector.Load(c3 + w), c32 = TVector.Load(c3 + (2 * w)), c33 = TVector.Load(c3 + (3 * w));
        for (int p = 0; p < k; p++, a += aColumn, b += bRow)
        {
            TVector b0 = TStored.Load<TVector>(b), b1 = TStored.Load<TVector>(b + w), b2 = TStored.Load<TVector>(b
                + (2 * w)), b3 = TStored.Load<TVector>(b + (3 * w));
            TVector scalar = TVector.Broadcast(a[0]);
            c00 = TVector.MultiplyAdd(scalar, b0, c00);
            c01 = TVector.MultiplyAdd(scalar, b1, c01);
            c02 = TVector.MultiplyAdd(scalar, b2, c02);
            c03 = TVector.MultiplyAdd(scalar, b3, c03);
            scalar = TVector.Broadcast(a[aRow]);
            c10 = TVector.MultiplyAdd(scalar, b0, c10);
            c11 = TVector.MultiplyAdd(scalar, b1, c11);
            c12 = TVector.MultiplyAdd(scalar, b2, c12);
            c13 = TVector.MultiplyAdd(scalar, b3, c13);
            scalar = TVector.Broadcast(a[2 * aRow]);
            c20 = TVector.MultiplyAdd(scalar, b0, c20);
            c21 = TVector.MultiplyAdd(scalar, b1, c21);
            c22 = TVector.MultiplyAdd(scalar, b2, c22);
            c23 = TVector.MultiplyAdd(scalar, b3, c23);
            scalar = TVector.Broadcast(a[3 * aRow]);
            c30 = TVector.MultiplyAdd(scalar, b0, c30);
            c31 = TVector.MultiplyAdd(scalar, b1, c31);
            c32 = TVector.MultiplyAdd(scalar, b2, c32);
            c33 = TVector.MultiplyAdd(scalar, b3, c33);
        }

        Store(c00, c01, c);
        Store(c02, c03, c + (2 * w));
        Store(c10, c11, c1);
        Store(c12, c13, c1 + (2 * w));
        Store(c20, c21, c2);
        Store(c22, c23, c2 + (2 * w));
        Store(c30, c31, c3);
        Store(c32, c33, c3 + (2 * w));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByTwo<TVector, TStored>(float* a, int aRow, int aColumn, TStored* b, int bRow, float* c, int cRow, int k)
        where TVector : unmanaged, IFloatVector<TVector>
        where TStored : unmanaged, IStoredFloat<TStored>
    {
        int w = TVector.Count;
        float* c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow;
        TVector c00 = TVector.Load(c), c01 = TVector.Load(c + w), c10 = TVector.Load(c1), c11 = TVector.Load(c1 + w);
        TVector c20 = TVector.Load(c2), c21 = TVector.Load(c2 + w), c30 = TVector.Load(c3), c31 = TVector.Load(c3 + w);
        for (int p = 0; p < k; p++, a += aColumn, b += bRow)
        {
            TVector b0 = TStored.Load<TVector>(b), b1 = TStored.Load<TVector>(b + w);
            TVector scalar = TVector.Broadcast(a[0]);
            c00 = TVector.MultiplyAdd(scalar, b0, c00);
            c01 = TVector.MultiplyAdd(scalar, b1, c01);
            scalar = TVector.Broadcast(a[aRow]);
            c10 = TVector.MultiplyAdd(scalar, b0, c10);
            c11 = TVector.MultiplyAdd(scalar, b1, c11);
            scalar = TVector.Broadcast(a[2 * aRow]);
            c20 = TVector.MultiplyAdd(scalar, b0, c20);
            c21 = TVector.MultiplyAdd(scalar, b1, c21);
            scalar = TVector.Broadcast(a[3 * aRow]);
            c30 = TVector.MultiplyAdd(scalar, b0, c30);
            c31 = TVector.MultiplyAdd(scalar, b1, c31);
        }

        Store(c00, c01, c);
        Store(c10, c11, c1);
        Store(c20, c21, c2);
        Store(c30, c31, c3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRow<TVector, TStored>(float* a, int aColumn, TStored* b, int bRow, float* c, int from, int n, int k)
        where TVector : unmanaged, IFloatVector<TVector>
        where TStored : unmanaged, IStoredFloat<TStored>
    {
        int lanes = TVector.Count;
        int j = from;

        // Four vectors at a time: B is read in whole cache lines, one after the other.
        for (; j + (4 * lanes) <= n; j += 4 * lanes)
        {
            TVector c0 = TVector.Load(c + j), c1 = TVector.Load(c + j + lanes);
            TVector c2 = TVector.Load(c + j + (2 * lanes)), c3 = TVector.Load(c + j + (3 * lanes));
            TStored* bPart = b + j;
            float* scalar = a;
            for (int p = 0; p < k; p++, bPart += bRow, scalar += aColumn)
            {
                TVector factor = TVector.Broadcast(*scalar);
                c0 = TVector.MultiplyAdd(factor, TStored.Load<TVector>(bPart), c0);
                c1 = TVector.MultiplyAdd(factor, TStored.Load<TVector>(bPart + lanes), c1);
                c2 = TVector.MultiplyAdd(factor, TStored.Load<TVector>(bPart + (2 * lanes)), c2);
                c3 = TVector.MultiplyAdd(factor, TStored.Load<TVector>(bPart + (3 * lanes)), c3);
            }

            Store(c0, c1, c + j);
            Store(c2, c3, c + j + (2 * lanes));
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TVector>(TVector left, TVector right, float* c)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        TVector.Store(left, c);
        TVector.Store(right, c + TVector.Count);
    }
}
