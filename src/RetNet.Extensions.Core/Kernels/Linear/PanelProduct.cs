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
            Four<TVector> total = default;
            float* weights = w + r;
            for (int first = 0; first < columns; first += Block)
            {
                Four<TVector> chain = default;
                int end = Math.Min(first + Block, columns);
                for (int c = first; c < end; c++, weights += WeightPanel.Rows)
                {
                    Prefetch.FourLines((byte*)weights + PrefetchBytes);
                    chain = Four<TVector>.MultiplyAdd(TVector.Broadcast(x[c]), Four<TVector>.Load(weights), chain);
                }

                total = Four<TVector>.Add(total, chain);
            }

            Four<TVector>.Store(total, sums + r);
        }
    }

    /// <summary><c>sums[r] = w[r] · x</c> for a panel of bfloat16.</summary>
    /// <remarks>A variable for each vector: with <see cref="Four{TVector}"/> this loop reached 0.90 to 0.96 of the speed on AVX2, and 1.01
    /// on AVX-512.</remarks>
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

            Four<TVector>.Store(new(s0, s1, s2, s3), sums + r);
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
            Four<TVector> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            ushort* pairs = w + (2 * r);
            for (int c = 0; c < columns; c += 2, pairs += 2 * WeightPanel.Rows)
            {
                Prefetch.FourLines((byte*)pairs + PrefetchBytes);
                Four<TVector> weights = First(pairs);
                sum0 = Four<TVector>.MultiplyAdd(TVector.Broadcast(x0[c]), weights, sum0);
                sum1 = Four<TVector>.MultiplyAdd(TVector.Broadcast(x1[c]), weights, sum1);
                sum2 = Four<TVector>.MultiplyAdd(TVector.Broadcast(x2[c]), weights, sum2);
                sum3 = Four<TVector>.MultiplyAdd(TVector.Broadcast(x3[c]), weights, sum3);
                if (c + 1 == columns)
                    break;
                weights = Second(pairs);
                sum0 = Four<TVector>.MultiplyAdd(TVector.Broadcast(x0[c + 1]), weights, sum0);
                sum1 = Four<TVector>.MultiplyAdd(TVector.Broadcast(x1[c + 1]), weights, sum1);
                sum2 = Four<TVector>.MultiplyAdd(TVector.Broadcast(x2[c + 1]), weights, sum2);
                sum3 = Four<TVector>.MultiplyAdd(TVector.Broadcast(x3[c + 1]), weights, sum3);
            }

            Store(sum0, sums + r, add);
            Store(sum1, sums + (1 * WeightPanel.Rows) + r, add);
            Store(sum2, sums + (2 * WeightPanel.Rows) + r, add);
            Store(sum3, sums + (3 * WeightPanel.Rows) + r, add);
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
                    MatrixTile<TVector, Four<TVector>>.TwoRows(
                        x + ((long)t * stride), stride, 1, w + r, outputs, columns, sums + (t * outputs) + r, outputs, add);
                }
            }
        }
        else if (TVector.Count == 8)
        {
            // 15 of the 16 registers of AVX2.
            for (int r = 0; r < outputs; r += 2 * TVector.Count)
                MatrixTile<TVector, Two<TVector>>.SixRows(x, stride, 1, w + r, outputs, columns, sums + r, outputs, add);
        }
        else
        {
            for (int r = 0; r < outputs; r += 4 * TVector.Count)
                MatrixTile<TVector, Four<TVector>>.SixRows(x, stride, 1, w + r, outputs, columns, sums + r, outputs, add);
        }
    }

    /// <summary>The first weights of four vectors of pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<TVector> First(ushort* pairs)
    {
        ushort* pairs1 = pairs + (2 * TVector.Count), pairs2 = pairs1 + (2 * TVector.Count), pairs3 = pairs2 + (2 * TVector.Count);
        return new(
            TVector.LoadBFloat16First(pairs), TVector.LoadBFloat16First(pairs1),
            TVector.LoadBFloat16First(pairs2), TVector.LoadBFloat16First(pairs3));
    }

    /// <summary>The second weights of four vectors of pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<TVector> Second(ushort* pairs)
    {
        ushort* pairs1 = pairs + (2 * TVector.Count), pairs2 = pairs1 + (2 * TVector.Count), pairs3 = pairs2 + (2 * TVector.Count);
        return new(
            TVector.LoadBFloat16Second(pairs), TVector.LoadBFloat16Second(pairs1),
            TVector.LoadBFloat16Second(pairs2), TVector.LoadBFloat16Second(pairs3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Four<TVector> row, float* sums, bool add) =>
        Four<TVector>.Store(add ? Four<TVector>.Add(Four<TVector>.Load(sums), row) : row, sums);
}
