using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>Products of rounded inputs with a panel of 8-bit or 4-bit weights, see <see cref="WeightPanel"/>.</summary>
/// <remarks>
/// The sum of a group's 32 products is an exact 32-bit integer (at most 32 · 127 · 32767). An output is a chain over the groups of
/// fused multiply-adds of these sums, as floats, with the product of both scales; then of the group's offset.
/// </remarks>
internal static unsafe class IntegerPanelProduct<TVector, TPairs>
    where TVector : unmanaged, IFloatVector<TVector>
    where TPairs : unmanaged, IPairVector<TPairs, TVector>
{
    // Integers of a column pair of a panel.
    private const int Pair = 2 * WeightPanel.Rows;
    private const int PairsPerGroup = WeightPanel.GroupSize / 2;
    private const int PrefetchBytes = 2048;

    /// <summary><c>sums[r] = w[r] · x</c> for a panel of Int8.</summary>
    /// <param name="w"><c>[groups × 16][64][2]</c>.</param>
    /// <param name="scales"><c>[groups][64]</c>.</param>
    /// <param name="x">One row.</param>
    /// <param name="sums"><c>[64]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Int8(sbyte* w, ushort* scales, RoundedRows x, float* sums)
    {
        int lanes = TVector.Count;
        for (int r = 0; r < WeightPanel.Rows; r += 4 * lanes)
        {
            TVector s0 = TVector.Zero, s1 = TVector.Zero, s2 = TVector.Zero, s3 = TVector.Zero;
            sbyte* w0 = w + (2 * r);
            short* v = x.Values;
            ushort* scale = scales + r;
            for (int group = 0; group < x.Groups; group++, scale += WeightPanel.Rows)
            {
                TPairs a0 = TPairs.Zero, a1 = TPairs.Zero, a2 = TPairs.Zero, a3 = TPairs.Zero;
                for (int pair = 0; pair < PairsPerGroup; pair++, w0 += Pair, v += 2)
                {
                    Prefetch.TwoLines((byte*)w0 + PrefetchBytes);
                    TPairs input = TPairs.Broadcast(v);
                    a0 = TPairs.MultiplyAdd(TPairs.LoadInt8(w0), input, a0);
                    a1 = TPairs.MultiplyAdd(TPairs.LoadInt8(w0 + (2 * lanes)), input, a1);
                    a2 = TPairs.MultiplyAdd(TPairs.LoadInt8(w0 + (4 * lanes)), input, a2);
                    a3 = TPairs.MultiplyAdd(TPairs.LoadInt8(w0 + (6 * lanes)), input, a3);
                }

                TVector inputScale = TVector.Broadcast(x.Scales[group]);
                s0 = Scale(a0, scale, inputScale, s0);
                s1 = Scale(a1, scale + lanes, inputScale, s1);
                s2 = Scale(a2, scale + (2 * lanes), inputScale, s2);
                s3 = Scale(a3, scale + (3 * lanes), inputScale, s3);
            }

            Store(s0, s1, s2, s3, sums + r);
        }
    }

    /// <summary><c>sums[r] = w[r] · x</c> for a panel of Int4.</summary>
    /// <param name="w"><c>[groups × 8][64][2]</c> bytes.</param>
    /// <param name="scales"><c>[groups][64]</c>.</param>
    /// <param name="offsets"><c>[groups][64]</c>.</param>
    /// <param name="x">One row.</param>
    /// <param name="sums"><c>[64]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Int4(byte* w, ushort* scales, ushort* offsets, RoundedRows x, float* sums)
    {
        int lanes = TVector.Count;
        for (int r = 0; r < WeightPanel.Rows; r += 4 * lanes)
        {
            TVector s0 = TVector.Zero, s1 = TVector.Zero, s2 = TVector.Zero, s3 = TVector.Zero;
            byte* w0 = w + (2 * r);
            short* v = x.Values;
            ushort* scale = scales + r, offset = offsets + r;
            for (int group = 0; group < x.Groups; group++, scale += WeightPanel.Rows, offset += WeightPanel.Rows)
            {
                TPairs a0 = TPairs.Zero, a1 = TPairs.Zero, a2 = TPairs.Zero, a3 = TPairs.Zero;
                for (int quad = 0; quad < PairsPerGroup / 2; quad++, w0 += Pair, v += 4)
                {
                    byte* w1 = w0 + (2 * lanes), w2 = w1 + (2 * lanes), w3 = w2 + (2 * lanes);
                    Prefetch.TwoLines((byte*)w0 + PrefetchBytes);
                    TPairs input = TPairs.Broadcast(v);
                    a0 = TPairs.MultiplyAdd(TPairs.LoadLowerNibbles(w0), input, a0);
                    a1 = TPairs.MultiplyAdd(TPairs.LoadLowerNibbles(w1), input, a1);
                    a2 = TPairs.MultiplyAdd(TPairs.LoadLowerNibbles(w2), input, a2);
                    a3 = TPairs.MultiplyAdd(TPairs.LoadLowerNibbles(w3), input, a3);
                    input = TPairs.Broadcast(v + 2);
                    a0 = TPairs.MultiplyAdd(TPairs.LoadUpperNibbles(w0), input, a0);
                    a1 = TPairs.MultiplyAdd(TPairs.LoadUpperNibbles(w1), input, a1);
                    a2 = TPairs.MultiplyAdd(TPairs.LoadUpperNibbles(w2), input, a2);
                    a3 = TPairs.MultiplyAdd(TPairs.LoadUpperNibbles(w3), input, a3);
                }

                TVector inputScale = TVector.Broadcast(x.Scales[group]);
                TVector inputSum = TVector.Broadcast(x.OffsetFactors[group]);
                s0 = TVector.MultiplyAdd(TVector.LoadHalf(offset), inputSum, Scale(a0, scale, inputScale, s0));
                s1 = TVector.MultiplyAdd(TVector.LoadHalf(offset + lanes), inputSum, Scale(a1, scale + lanes, inputScale, s1));
                s2 = TVector.MultiplyAdd(TVector.LoadHalf(offset + (2 * lanes)), inputSum, Scale(a2, scale + (2 * lanes), inputScale, s2));
                s3 = TVector.MultiplyAdd(TVector.LoadHalf(offset + (3 * lanes)), inputSum, Scale(a3, scale + (3 * lanes), inputScale, s3));
            }

            Store(s0, s1, s2, s3, sums + r);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Scale(TPairs products, ushort* scales, TVector inputScale, TVector sum) =>
        TVector.MultiplyAdd(TPairs.ToFloat(products), TVector.Multiply(TVector.LoadHalf(scales), inputScale), sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector s0, TVector s1, TVector s2, TVector s3, float* sums)
    {
        TVector.Store(s0, sums);
        TVector.Store(s1, sums + TVector.Count);
        TVector.Store(s2, sums + (2 * TVector.Count));
        TVector.Store(s3, sums + (3 * TVector.Count));
    }
}
