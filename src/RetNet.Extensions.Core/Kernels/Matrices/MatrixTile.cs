using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Matrices;

/// <summary>The innermost loops of a matrix product: a tile of C, some rows by two or four vectors, stays in registers while k
/// runs.</summary>
/// <remarks>
/// Six rows by four vectors take 29 of 32 registers, six by two 15 of the 16 of AVX2. Rows of B are loaded as vectors and elements of A
/// broadcast. Every element of C is one chain of fused multiply-adds in the order of k whatever the tile, and then added to C.
/// The loops are not inlined: dynamic PGO, on by default, inlined them into their callers' second tier although they are compiled at once,
/// and prompts of a 134M model ran at 0.8 of their speed.
/// </remarks>
/// <typeparam name="TVector">The vector of floats.</typeparam>
/// <typeparam name="TRow">The vectors of a row of the tile.</typeparam>
internal static unsafe class MatrixTile<TVector, TRow>
    where TVector : unmanaged, IFloatVector<TVector>
    where TRow : unmanaged, IVectorRow<TRow, TVector>
{
    /// <summary><c>C (+)= A B</c> with A <c>[6 × k]</c>, B <c>[k × row]</c> and C <c>[6 × row]</c>.</summary>
    /// <param name="a">A.</param>
    /// <param name="aRow">Distance of A's rows.</param>
    /// <param name="aColumn">Distance of A's columns.</param>
    /// <param name="b">B.</param>
    /// <param name="bRow">Distance of B's rows.</param>
    /// <param name="k">The inner dimension.</param>
    /// <param name="c">C.</param>
    /// <param name="cRow">Distance of C's rows.</param>
    /// <param name="add">True to add to C.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void SixRows(float* a, long aRow, long aColumn, float* b, long bRow, int k, float* c, long cRow, bool add)
    {
        TRow c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default;
        long thirdRow = 3 * aRow;
        float* a4 = a + (4 * aRow);
        for (int p = 0; p < k; p++, a += aColumn, a4 += aColumn, b += bRow)
        {
            TRow row = TRow.Load(b);
            c0 = TRow.MultiplyAdd(TVector.Broadcast(a[0]), row, c0);
            c1 = TRow.MultiplyAdd(TVector.Broadcast(a[aRow]), row, c1);
            c2 = TRow.MultiplyAdd(TVector.Broadcast(a[2 * aRow]), row, c2);
            c3 = TRow.MultiplyAdd(TVector.Broadcast(a[thirdRow]), row, c3);
            c4 = TRow.MultiplyAdd(TVector.Broadcast(a4[0]), row, c4);
            c5 = TRow.MultiplyAdd(TVector.Broadcast(a4[aRow]), row, c5);
        }

        Store(c0, c, add);
        Store(c1, c += cRow, add);
        Store(c2, c += cRow, add);
        Store(c3, c += cRow, add);
        Store(c4, c += cRow, add);
        Store(c5, c + cRow, add);
    }

    /// <summary><c>C (+)= A B</c> with A <c>[2 × k]</c>, B <c>[k × row]</c> and C <c>[2 × row]</c>.</summary>
    /// <inheritdoc cref="SixRows"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void TwoRows(float* a, long aRow, long aColumn, float* b, long bRow, int k, float* c, long cRow, bool add)
    {
        TRow c0 = default, c1 = default;
        for (int p = 0; p < k; p++, a += aColumn, b += bRow)
        {
            TRow row = TRow.Load(b);
            c0 = TRow.MultiplyAdd(TVector.Broadcast(a[0]), row, c0);
            c1 = TRow.MultiplyAdd(TVector.Broadcast(a[aRow]), row, c1);
        }

        Store(c0, c, add);
        Store(c1, c + cRow, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TRow row, float* c, bool add) => TRow.Store(add ? TRow.Add(TRow.Load(c), row) : row, c);
}
