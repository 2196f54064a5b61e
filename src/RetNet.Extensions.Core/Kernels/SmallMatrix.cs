using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Kernels;

/// <summary>Products of matrices that fit the cache, as chunkwise retention needs them.</summary>
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
    public static void MultiplyAdd(float* a, int aRow, int aColumn, float* b, int bRow, float* c, int cRow, int m, int n, int k)
    {
        if (VectorWidth.Is512)
            MultiplyAdd<FloatVector512>(a, aRow, aColumn, b, bRow, c, cRow, m, n, k);
        else if (VectorWidth.Is256)
            MultiplyAdd<FloatVector256>(a, aRow, aColumn, b, bRow, c, cRow, m, n, k);
        else
            MultiplyAdd<FloatVector128>(a, aRow, aColumn, b, bRow, c, cRow, m, n, k);
    }

    /// <summary>The loop nest: four rows by two vectors of C stay in registers while k runs.</summary>
    internal static void MultiplyAdd<TVector>(float* a, int aRow, int aColumn, float* b, int bRow, float* c, int cRow, int m, int n, int k)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        int width = 2 * TVector.Count;
        int i = 0;
        for (; i + 4 <= m; i += 4)
        {
            int j = 0;
            for (; j + width <= n; j += width)
                FourRows<TVector>(a + ((long)i * aRow), aRow, aColumn, b + j, bRow, c + ((long)i * cRow) + j, cRow, k);
            for (int r = i; r < i + 4; r++)
                OneRow<TVector>(a + ((long)r * aRow), aColumn, b, bRow, c + ((long)r * cRow), j, n, k);
        }

        for (; i < m; i++)
            OneRow<TVector>(a + ((long)i * aRow), aColumn, b, bRow, c + ((long)i * cRow), 0, n, k);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows<TVector>(float* a, int aRow, int aColumn, float* b, int bRow, float* c, int cRow, int k)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        float* c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow;
        int half = TVector.Count;
        TVector c00 = TVector.Load(c), c01 = TVector.Load(c + half), c10 = TVector.Load(c1), c11 = TVector.Load(c1 + half);
        TVector c20 = TVector.Load(c2), c21 = TVector.Load(c2 + half), c30 = TVector.Load(c3), c31 = TVector.Load(c3 + half);
        for (int p = 0; p < k; p++, a += aColumn, b += bRow)
        {
            TVector b0 = TVector.Load(b), b1 = TVector.Load(b + half);
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

        TVector.Store(c00, c);
        TVector.Store(c01, c + half);
        TVector.Store(c10, c1);
        TVector.Store(c11, c1 + half);
        TVector.Store(c20, c2);
        TVector.Store(c21, c2 + half);
        TVector.Store(c30, c3);
        TVector.Store(c31, c3 + half);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRow<TVector>(float* a, int aColumn, float* b, int bRow, float* c, int from, int n, int k)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        int lanes = TVector.Count;
        int j = from;

        // Four vectors at a time: B is read in whole cache lines, one after the other.
        for (; j + (4 * lanes) <= n; j += 4 * lanes)
        {
            TVector c0 = TVector.Load(c + j), c1 = TVector.Load(c + j + lanes);
            TVector c2 = TVector.Load(c + j + (2 * lanes)), c3 = TVector.Load(c + j + (3 * lanes));
            float* bPart = b + j;
            float* scalar = a;
            for (int p = 0; p < k; p++, bPart += bRow, scalar += aColumn)
            {
                TVector factor = TVector.Broadcast(*scalar);
                c0 = TVector.MultiplyAdd(factor, TVector.Load(bPart), c0);
                c1 = TVector.MultiplyAdd(factor, TVector.Load(bPart + lanes), c1);
                c2 = TVector.MultiplyAdd(factor, TVector.Load(bPart + (2 * lanes)), c2);
                c3 = TVector.MultiplyAdd(factor, TVector.Load(bPart + (3 * lanes)), c3);
            }

            TVector.Store(c0, c + j);
            TVector.Store(c1, c + j + lanes);
            TVector.Store(c2, c + j + (2 * lanes));
            TVector.Store(c3, c + j + (3 * lanes));
        }

        for (; j + lanes <= n; j += lanes)
        {
            TVector sum = TVector.Load(c + j);
            for (int p = 0; p < k; p++)
                sum = TVector.MultiplyAdd(TVector.Broadcast(a[(long)p * aColumn]), TVector.Load(b + ((long)p * bRow) + j), sum);
            TVector.Store(sum, c + j);
        }

        for (; j < n; j++)
        {
            float sum = c[j];
            for (int p = 0; p < k; p++)
                sum = MathF.FusedMultiplyAdd(a[(long)p * aColumn], b[((long)p * bRow) + j], sum);
            c[j] = sum;
        }
    }
}
