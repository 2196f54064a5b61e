using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Matrices;

/// <summary>The innermost loops of a matrix product: six rows of C by two or four vectors stay in registers while k runs.</summary>
/// <remarks>
/// Four vectors take 29 of 32 registers, two take 15 of 16. Rows of B are loaded as vectors and elements of A
/// broadcast. Every element of C is one chain of fused multiply-adds in the order of k whatever the tile, and then added to C.
/// </remarks>
internal static unsafe class MatrixTile<TVector>
    where TVector : unmanaged, IFloatVector<TVector>
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 6;

    /// <summary><c>C (+)= A B</c> with A <c>[6 × k]</c> and B <c>[k × 2 vectors]</c>.</summary>
    /// <param name="a">A.</param>
    /// <param name="aRow">Distance of A's rows.</param>
    /// <param name="aColumn">Distance of A's columns.</param>
    /// <param name="b">B.</param>
    /// <param name="bRow">Distance of B's rows.</param>
    /// <param name="k">The inner dimension.</param>
    /// <param name="c">C.</param>
    /// <param name="cRow">Distance of C's rows.</param>
    /// <param name="add">True to add to C.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SixByTwo(float* a, long aRow, long aColumn, float* b, long bRow, int k, float* c, long cRow, bool add)
    {
        int w = TVector.Count;
        TVector c00 = TVector.Zero, c01 = TVector.Zero, c10 = TVector.Zero, c11 = TVector.Zero, c20 = TVector.Zero, c21 = TVector.Zero;
        TVector c30 = TVector.Zero, c31 = TVector.Zero, c40 = TVector.Zero, c41 = TVector.Zero, c50 = TVector.Zero, c51 = TVector.Zero;
        long thirdRow = 3 * aRow;
        float* a4 = a + (4 * aRow);
        for (int p = 0; p < k; p++, a += aColumn, a4 += aColumn, b += bRow)
        {
            TVector b0 = TVector.Load(b), b1 = TVector.Load(b + w);
            TVector scalar = TVector.Broadcast(a[0]);
            c00 = TVector.MultiplyAdd(scalar, b0, c00);
            c01 = TVector.MultiplyAdd(scalar, b1, c01);
            scalar = TVector.Broadcast(a[aRow]);
            c10 = TVector.MultiplyAdd(scalar, b0, c10);
            c11 = TVector.MultiplyAdd(scalar, b1, c11);
            scalar = TVector.Broadcast(a[2 * aRow]);
            c20 = TVector.MultiplyAdd(scalar, b0, c20);
            c21 = TVector.MultiplyAdd(scalar, b1, c21);
            scalar = TVector.Broadcast(a[thirdRow]);
            c30 = TVector.MultiplyAdd(scalar, b0, c30);
            c31 = TVector.MultiplyAdd(scalar, b1, c31);
            scalar = TVector.Broadcast(a4[0]);
            c40 = TVector.MultiplyAdd(scalar, b0, c40);
            c41 = TVector.MultiplyAdd(scalar, b1, c41);
            scalar = TVector.Broadcast(a4[aRow]);
            c50 = TVector.MultiplyAdd(scalar, b0, c50);
            c51 = TVector.MultiplyAdd(scalar, b1, c51);
        }

        Store(c00, c01, c, add);
        Store(c10, c11, c += cRow, add);
        Store(c20, c21, c += cRow, add);
        Store(c30, c31, c += cRow, add);
        Store(c40, c41, c += cRow, add);
        Store(c50, c51, c + cRow, add);
    }

    /// <summary><c>C (+)= A B</c> with A <c>[6 × k]</c> and B <c>[k × 4 vectors]</c>.</summary>
    /// <inheritdoc cref="SixByTwo"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SixByFour(float* a, long aRow, long aColumn, float* b, long bRow, int k, float* c, long cRow, bool add)
    {
        int w = TVector.Count;
        TVector c00 = TVector.Zero, c01 = TVector.Zero, c02 = TVector.Zero, c03 = TVector.Zero;
        TVector c10 = TVector.Zero, c11 = TVector.Zero, c12 = TVector.Zero, c13 = TVector.Zero;
        TVector c20 = TVector.Zero, c21 = TVector.Zero, c22 = TVector.Zero, c23 = TVector.Zero;
        TVector c30 = TVector.Zero, c31 = TVector.Zero, c32 = TVector.Zero, c33 = TVector.Zero;
        TVector c40 = TVector.Zero, c41 = TVector.Zero, c42 = TVector.Zero, c43 = TVector.Zero;
        TVector c50 = TVector.Zero, c51 = TVector.Zero, c52 = TVector.Zero, c53 = TVector.Zero;
        long thirdRow = 3 * aRow;
        float* a4 = a + (4 * aRow);
        for (int p = 0; p < k; p++, a += aColumn, a4 += aColumn, b += bRow)
        {
            TVector b0 = TVector.Load(b), b1 = TVector.Load(b + w), b2 = TVector.Load(b + (2 * w)), b3 = TVector.Load(b + (3 * w));
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
            scalar = TVector.Broadcast(a[thirdRow]);
            c30 = TVector.MultiplyAdd(scalar, b0, c30);
            c31 = TVector.MultiplyAdd(scalar, b1, c31);
            c32 = TVector.MultiplyAdd(scalar, b2, c32);
            c33 = TVector.MultiplyAdd(scalar, b3, c33);
            scalar = TVector.Broadcast(a4[0]);
            c40 = TVector.MultiplyAdd(scalar, b0, c40);
            c41 = TVector.MultiplyAdd(scalar, b1, c41);
            c42 = TVector.MultiplyAdd(scalar, b2, c42);
            c43 = TVector.MultiplyAdd(scalar, b3, c43);
            scalar = TVector.Broadcast(a4[aRow]);
            c50 = TVector.MultiplyAdd(scalar, b0, c50);
            c51 = TVector.MultiplyAdd(scalar, b1, c51);
            c52 = TVector.MultiplyAdd(scalar, b2, c52);
            c53 = TVector.MultiplyAdd(scalar, b3, c53);
        }

        int half = 2 * w;
        Store(c00, c01, c, add);
        Store(c02, c03, c + half, add);
        Store(c10, c11, c += cRow, add);
        Store(c12, c13, c + half, add);
        Store(c20, c21, c += cRow, add);
        Store(c22, c23, c + half, add);
        Store(c30, c31, c += cRow, add);
        Store(c32, c33, c + half, add);
        Store(c40, c41, c += cRow, add);
        Store(c42, c43, c + half, add);
        Store(c50, c51, c += cRow, add);
        Store(c52, c53, c + half, add);
    }

    /// <summary><c>C (+)= A B</c> with A <c>[2 × k]</c> and B <c>[k × 4 vectors]</c>.</summary>
    /// <inheritdoc cref="SixByTwo"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TwoByFour(float* a, long aRow, long aColumn, float* b, long bRow, int k, float* c, long cRow, bool add)
    {
        int w = TVector.Count;
        TVector c00 = TVector.Zero, c01 = TVector.Zero, c02 = TVector.Zero, c03 = TVector.Zero;
        TVector c10 = TVector.Zero, c11 = TVector.Zero, c12 = TVector.Zero, c13 = TVector.Zero;
        for (int p = 0; p < k; p++, a += aColumn, b += bRow)
        {
            TVector b0 = TVector.Load(b), b1 = TVector.Load(b + w), b2 = TVector.Load(b + (2 * w)), b3 = TVector.Load(b + (3 * w));
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
        }

        int half = 2 * w;
        Store(c00, c01, c, add);
        Store(c02, c03, c + half, add);
        Store(c10, c11, c += cRow, add);
        Store(c12, c13, c + half, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector left, TVector right, float* c, bool add)
    {
        TVector.Store(add ? TVector.Add(TVector.Load(c), left) : left, c);
        TVector.Store(add ? TVector.Add(TVector.Load(c + TVector.Count), right) : right, c + TVector.Count);
    }
}
