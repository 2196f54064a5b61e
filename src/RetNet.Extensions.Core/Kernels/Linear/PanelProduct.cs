using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Matrices;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>Products of inputs with a panel of float weights, see <see cref="WeightPanel"/>.</summary>
/// <remarks>An output's sum is a chain of fused multiply-adds over each 128 columns, and these sums are added in order.</remarks>
internal static unsafe class PanelProduct<TVector>
    where TVector : unmanaged, IFloatVector<TVector>
{
    /// <summary>Columns of a chain.</summary>
    public const int Block = 128;

    // Prefetch distance in bytes: what is read while memory answers a request.
    private const int PrefetchBytes = 2048;

    /// <summary><c>sums[r] = w[r] · x</c> for a panel of float32.</summary>
    /// <param name="w"><c>[columns][64]</c>.</param>
    /// <param name="x"><c>[columns]</c>.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="sums"><c>[64]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Float32(float* w, float* x, int columns, float* sums)
    {
        int lanes = TVector.Count;
        for (int r = 0; r < WeightPanel.Rows; r += 4 * lanes)
        {
            TVector s0 = TVector.Zero, s1 = TVector.Zero, s2 = TVector.Zero, s3 = TVector.Zero;
            float* weights = w + r;
            for (int first = 0; first < columns; first += Block)
            {
                TVector a0 = TVector.Zero, a1 = TVector.Zero, a2 = TVector.Zero, a3 = TVector.Zero;
                int end = Math.Min(first + Block, columns);
                for (int c = first; c < end; c++, weights += WeightPanel.Rows)
                {
                    Prefetch.FourLines((byte*)weights + PrefetchBytes);
                    TVector v = TVector.Broadcast(x[c]);
                    a0 = TVector.MultiplyAdd(TVector.Load(weights), v, a0);
                    a1 = TVector.MultiplyAdd(TVector.Load(weights + lanes), v, a1);
                    a2 = TVector.MultiplyAdd(TVector.Load(weights + (2 * lanes)), v, a2);
                    a3 = TVector.MultiplyAdd(TVector.Load(weights + (3 * lanes)), v, a3);
                }

                (s0, s1, s2, s3) = (TVector.Add(s0, a0), TVector.Add(s1, a1), TVector.Add(s2, a2), TVector.Add(s3, a3));
            }

            Store(s0, s1, s2, s3, sums + r);
        }
    }

    /// <summary><c>sums[r] = w[r] · x</c> for a panel of bfloat16.</summary>
    /// <param name="w"><c>[columns / 2][64][2]</c>.</param>
    /// <param name="x"><c>[columns]</c>.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="sums"><c>[64]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BFloat16(ushort* w, float* x, int columns, float* sums)
    {
        int lanes = TVector.Count;
        for (int r = 0; r < WeightPanel.Rows; r += 4 * lanes)
        {
            TVector s0 = TVector.Zero, s1 = TVector.Zero, s2 = TVector.Zero, s3 = TVector.Zero;
            ushort* w0 = w + (2 * r);
            for (int first = 0; first < columns; first += Block)
            {
                TVector a0 = TVector.Zero, a1 = TVector.Zero, a2 = TVector.Zero, a3 = TVector.Zero;
                int end = Math.Min(first + Block, columns);
                for (int c = first; c < end; c += 2, w0 += 2 * WeightPanel.Rows)
                {
                    ushort* w1 = w0 + (2 * lanes), w2 = w1 + (2 * lanes), w3 = w2 + (2 * lanes);
                    Prefetch.FourLines((byte*)w0 + PrefetchBytes);
                    TVector v = TVector.Broadcast(x[c]);
                    a0 = TVector.MultiplyAdd(TVector.LoadBFloat16First(w0), v, a0);
                    a1 = TVector.MultiplyAdd(TVector.LoadBFloat16First(w1), v, a1);
                    a2 = TVector.MultiplyAdd(TVector.LoadBFloat16First(w2), v, a2);
                    a3 = TVector.MultiplyAdd(TVector.LoadBFloat16First(w3), v, a3);
                    if (c + 1 == end)
                        break;
                    v = TVector.Broadcast(x[c + 1]);
                    a0 = TVector.MultiplyAdd(TVector.LoadBFloat16Second(w0), v, a0);
                    a1 = TVector.MultiplyAdd(TVector.LoadBFloat16Second(w1), v, a1);
                    a2 = TVector.MultiplyAdd(TVector.LoadBFloat16Second(w2), v, a2);
                    a3 = TVector.MultiplyAdd(TVector.LoadBFloat16Second(w3), v, a3);
                }

                (s0, s1, s2, s3) = (TVector.Add(s0, a0), TVector.Add(s1, a1), TVector.Add(s2, a2), TVector.Add(s3, a3));
            }

            Store(s0, s1, s2, s3, sums + r);
        }
    }

    /// <summary><c>sums[t × 64 + r] (+)= w[r] · x[t]</c> for four inputs and a block of a bfloat16 panel that is widened in
    /// registers.</summary>
    /// <param name="x0">The first input, <c>[columns]</c>.</param>
    /// <param name="x1">The second; inputs may be the same.</param>
    /// <param name="x2">The third.</param>
    /// <param name="x3">The fourth.</param>
    /// <param name="w"><c>[columns / 2][64][2]</c>.</param>
    /// <param name="columns">The number of columns, up to 128.</param>
    /// <param name="sums"><c>[4 × 64]</c>.</param>
    /// <param name="add">True to add to the sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FourInputs(float* x0, float* x1, float* x2, float* x3, ushort* w, int columns, float* sums, bool add)
    {
        int lanes = TVector.Count;
        for (int r = 0; r < WeightPanel.Rows; r += 4 * lanes)
        {
            TVector a00 = TVector.Zero, a01 = TVector.Zero, a02 = TVector.Zero, a03 = TVector.Zero;
            TVector a10 = TVector.Zero, a11 = TVector.Zero, a12 = TVector.Zero, a13 = TVector.Zero;
            TVector a20 = TVector.Zero, a21 = TVector.Zero, a22 = TVector.Zero, a23 = TVector.Zero;
            TVector a30 = TVector.Zero, a31 = TVector.Zero, a32 = TVector.Zero, a33 = TVector.Zero;
            ushort* w0 = w + (2 * r);
            for (int c = 0; c < columns; c += 2, w0 += 2 * WeightPanel.Rows)
            {
                ushort* w1 = w0 + (2 * lanes), w2 = w1 + (2 * lanes), w3 = w2 + (2 * lanes);
                Prefetch.FourLines((byte*)w0 + PrefetchBytes);
                TVector v0 =
                    TVector.LoadBFloat16First(w0), v1 =
                        TVector.LoadBFloat16First(w1), v2 = TVector.LoadBFloat16First(w2), v3 = TVector.LoadBFloat16First(w3);
                TVector input = TVector.Broadcast(x0[c]);
                a00 = TVector.MultiplyAdd(v0, input, a00);
                a01 = TVector.MultiplyAdd(v1, input, a01);
                a02 = TVector.MultiplyAdd(v2, input, a02);
                a03 = TVector.MultiplyAdd(v3, input, a03);
                input = TVector.Broadcast(x1[c]);
                a10 = TVector.MultiplyAdd(v0, input, a10);
                a11 = TVector.MultiplyAdd(v1, input, a11);
                a12 = TVector.MultiplyAdd(v2, input, a12);
                a13 = TVector.MultiplyAdd(v3, input, a13);
                input = TVector.Broadcast(x2[c]);
                a20 = TVector.MultiplyAdd(v0, input, a20);
                a21 = TVector.MultiplyAdd(v1, input, a21);
                a22 = TVector.MultiplyAdd(v2, input, a22);
                a23 = TVector.MultiplyAdd(v3, input, a23);
                input = TVector.Broadcast(x3[c]);
                a30 = TVector.MultiplyAdd(v0, input, a30);
                a31 = TVector.MultiplyAdd(v1, input, a31);
                a32 = TVector.MultiplyAdd(v2, input, a32);
                a33 = TVector.MultiplyAdd(v3, input, a33);
                if (c + 1 == columns)
                    break;
                (v0, v1, v2, v3) = (TVector.LoadBFloat16Second(w0), TVector.LoadBFloat16Second(w1), TVector.LoadBFloat16Second(w2),
                    TVector.LoadBFloat16Second(w3));
                input = TVector.Broadcast(x0[c + 1]);
                a00 = TVector.MultiplyAdd(v0, input, a00);
                a01 = TVector.MultiplyAdd(v1, input, a01);
                a02 = TVector.MultiplyAdd(v2, input, a02);
                a03 = TVector.MultiplyAdd(v3, input, a03);
                input = TVector.Broadcast(x1[c + 1]);
                a10 = TVector.MultiplyAdd(v0, input, a10);
                a11 = TVector.MultiplyAdd(v1, input, a11);
                a12 = TVector.MultiplyAdd(v2, input, a12);
                a13 = TVector.MultiplyAdd(v3, input, a13);
                input = TVector.Broadcast(x2[c + 1]);
                a20 = TVector.MultiplyAdd(v0, input, a20);
                a21 = TVector.MultiplyAdd(v1, input, a21);
                a22 = TVector.MultiplyAdd(v2, input, a22);
                a23 = TVector.MultiplyAdd(v3, input, a23);
                input = TVector.Broadcast(x3[c + 1]);
                a30 = TVector.MultiplyAdd(v0, input, a30);
                a31 = TVector.MultiplyAdd(v1, input, a31);
                a32 = TVector.MultiplyAdd(v2, input, a32);
                a33 = TVector.MultiplyAdd(v3, input, a33);
            }

            Add(a00, a01, a02, a03, sums + r, add);
            Add(a10, a11, a12, a13, sums + (1 * WeightPanel.Rows) + r, add);
            Add(a20, a21, a22, a23, sums + (2 * WeightPanel.Rows) + r, add);
            Add(a30, a31, a32, a33, sums + (3 * WeightPanel.Rows) + r, add);
        }
    }

    /// <summary><c>sums[t × 64 + r] (+)= w[r] · x[t]</c> for up to six inputs and up to 128 columns.</summary>
    /// <param name="x"><c>[6 × columns]</c>.</param>
    /// <param name="stride">Distance of the inputs.</param>
    /// <param name="rows">How many of the six matter.</param>
    /// <param name="w"><c>[columns × 64]</c>.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="sums"><c>[6 × 64]</c>.</param>
    /// <param name="add">True to add to the sums.</param>
    public static void Tile(float* x, int stride, int rows, float* w, int columns, float* sums, bool add)
    {
        const int outputs = WeightPanel.Rows;
        if (rows <= 4)
        {
            for (int t = 0; t < rows; t += 2)
            {
                for (int r = 0; r < outputs; r += 4 * TVector.Count)
                {
                    MatrixTile<TVector>.TwoByFour(x + ((long)t * stride), stride, 1, w + r, outputs, columns, sums + (t * outputs) + r,
                        outputs, add);
                }
            }
        }
        else if (TVector.Count == 8)
        {
            // 15 of the 16 registers of AVX2.
            for (int r = 0; r < outputs; r += 2 * TVector.Count)
                MatrixTile<TVector>.SixByTwo(x, stride, 1, w + r, outputs, columns, sums + r, outputs, add);
        }
        else
        {
            for (int r = 0; r < outputs; r += 4 * TVector.Count)
                MatrixTile<TVector>.SixByFour(x, stride, 1, w + r, outputs, columns, sums + r, outputs, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector s0, TVector s1, TVector s2, TVector s3, float* sums)
    {
        TVector.Store(s0, sums);
        TVector.Store(s1, sums + TVector.Count);
        TVector.Store(s2, sums + (2 * TVector.Count));
        TVector.Store(s3, sums + (3 * TVector.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(TVector a0, TVector a1, TVector a2, TVector a3, float* sums, bool add)
    {
        int lanes = TVector.Count;
        if (add)
        {
            (a0, a1) = (TVector.Add(TVector.Load(sums), a0), TVector.Add(TVector.Load(sums + lanes), a1));
            (a2, a3) = (TVector.Add(TVector.Load(sums + (2 * lanes)), a2), TVector.Add(TVector.Load(sums + (3 * lanes)), a3));
        }

        Store(a0, a1, a2, a3, sums);
    }
}
