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
            Four<TVector> sum = default;
            sbyte* weights = w + (2 * r);
            short* v = x.Values;
            ushort* scale = scales + r;
            for (int group = 0; group < x.Groups; group++, scale += WeightPanel.Rows)
            {
                FourPairs<TPairs, TVector> products = default;
                for (int pair = 0; pair < PairsPerGroup; pair++, weights += Pair, v += 2)
                {
                    Prefetch.TwoLines((byte*)weights + PrefetchBytes);
                    FourPairs<TPairs, TVector> row = new(
                        TPairs.LoadInt8(weights), TPairs.LoadInt8(weights + (2 * lanes)),
                        TPairs.LoadInt8(weights + (4 * lanes)), TPairs.LoadInt8(weights + (6 * lanes)));
                    products = FourPairs<TPairs, TVector>.MultiplyAdd(TPairs.Broadcast(v), row, products);
                }

                sum = FourPairs<TPairs, TVector>.AddScaled(products, Halves(scale), TVector.Broadcast(x.Scales[group]), sum);
            }

            Four<TVector>.Store(sum, sums + r);
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
            Four<TVector> sum = default;
            byte* weights = w + (2 * r);
            short* v = x.Values;
            ushort* scale = scales + r, offset = offsets + r;
            for (int group = 0; group < x.Groups; group++, scale += WeightPanel.Rows, offset += WeightPanel.Rows)
            {
                FourPairs<TPairs, TVector> products = default;
                for (int quad = 0; quad < PairsPerGroup / 2; quad++, weights += Pair, v += 4)
                {
                    byte* w1 = weights + (2 * lanes), w2 = w1 + (2 * lanes), w3 = w2 + (2 * lanes);
                    Prefetch.TwoLines(weights + PrefetchBytes);
                    FourPairs<TPairs, TVector> lower = new(
                        TPairs.LoadLowerNibbles(weights), TPairs.LoadLowerNibbles(w1), TPairs.LoadLowerNibbles(w2),
                        TPairs.LoadLowerNibbles(w3));
                    products = FourPairs<TPairs, TVector>.MultiplyAdd(TPairs.Broadcast(v), lower, products);
                    FourPairs<TPairs, TVector> upper = new(
                        TPairs.LoadUpperNibbles(weights), TPairs.LoadUpperNibbles(w1), TPairs.LoadUpperNibbles(w2),
                        TPairs.LoadUpperNibbles(w3));
                    products = FourPairs<TPairs, TVector>.MultiplyAdd(TPairs.Broadcast(v + 2), upper, products);
                }

                sum = FourPairs<TPairs, TVector>.AddScaled(products, Halves(scale), TVector.Broadcast(x.Scales[group]), sum);
                sum = Four<TVector>.MultiplyAdd(TVector.Broadcast(x.OffsetFactors[group]), Halves(offset), sum);
            }

            Four<TVector>.Store(sum, sums + r);
        }
    }

    /// <summary>Four vectors of half-precision scales or offsets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<TVector> Halves(ushort* values)
    {
        int w = TVector.Count;
        return new(
            TVector.LoadHalf(values), TVector.LoadHalf(values + w),
            TVector.LoadHalf(values + (2 * w)), TVector.LoadHalf(values + (3 * w)));
    }
}
