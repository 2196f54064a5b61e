using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>The innermost loops of an integer product: sums of some inputs by some vectors of outputs stay in registers while the groups
/// run.</summary>
/// <remarks>
/// An input and a vector of outputs take an integer register for the group's products and a float register for the sum over the groups: six
/// inputs by two vectors, or two by four, take 28 of 32 registers at most, and six by one 15 of the 16 of AVX2.
/// </remarks>
internal static unsafe class IntegerTile<TVector, TPairs>
    where TVector : unmanaged, IFloatVector<TVector>
    where TPairs : unmanaged, IPairVector<TPairs, TVector>
{
    private const int Outputs = WeightPanel.Rows;
    private const int Pair = 2 * Outputs;
    private const int PairsPerGroup = WeightPanel.GroupSize / 2;

    /// <summary><c>sums[t × 64 + r] (+)= w[r] · x[t]</c> for up to six inputs and some groups.</summary>
    /// <param name="x">The inputs.</param>
    /// <param name="rows">How many of the six matter.</param>
    /// <param name="w">The groups' weights, <c>[groups × 16][64][2]</c>.</param>
    /// <param name="scales"><c>[groups][64]</c>.</param>
    /// <param name="offsets"><c>[groups][64]</c>, or null for none.</param>
    /// <param name="sums"><c>[6 × 64]</c>.</param>
    /// <param name="add">True to add to the sums.</param>
    public static void Multiply(IntegerTileInputs x, int rows, short* w, float* scales, float* offsets, float* sums, bool add)
    {
        int lanes = TVector.Count;
        if (rows <= 4)
        {
            for (int t = 0; t < rows; t += 2)
            {
                for (int r = 0; r < Outputs; r += 4 * lanes)
                {
                    TwoRows<Four<TVector>, FourPairs<TPairs, TVector>>(
                        x.From(t), w + (2 * r), scales + r, offsets is null ? null : offsets + r, sums + (t * Outputs) + r, add);
                }
            }
        }
        else if (lanes == 8)
        {
            for (int r = 0; r < Outputs; r += lanes)
                SixRows<TVector, TPairs>(x, w + (2 * r), scales + r, offsets is null ? null : offsets + r, sums + r, add);
        }
        else
        {
            for (int r = 0; r < Outputs; r += 2 * lanes)
            {
                SixRows<Two<TVector>, TwoPairs<TPairs, TVector>>(
                    x, w + (2 * r), scales + r, offsets is null ? null : offsets + r, sums + r, add);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixRows<TRow, TProducts>(IntegerTileInputs x, short* w, float* scales, float* offsets, float* sums, bool add)
        where TRow : unmanaged, IVectorRow<TRow, TVector>
        where TProducts : unmanaged, IPairRow<TProducts, TPairs, TRow, TVector>
    {
        TRow sum0 = add ? TRow.Load(sums) : default;
        TRow sum1 = add ? TRow.Load(sums + (1 * Outputs)) : default;
        TRow sum2 = add ? TRow.Load(sums + (2 * Outputs)) : default;
        TRow sum3 = add ? TRow.Load(sums + (3 * Outputs)) : default;
        TRow sum4 = add ? TRow.Load(sums + (4 * Outputs)) : default;
        TRow sum5 = add ? TRow.Load(sums + (5 * Outputs)) : default;
        short* v = x.Values, v3 = v + (3 * x.Stride);
        for (int group = 0; group < x.Groups; group++, scales += Outputs)
        {
            TProducts a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default;
            for (int pair = 0; pair < PairsPerGroup; pair++, v += 2, v3 += 2, w += Pair)
            {
                TProducts row = TProducts.Load(w);
                a0 = TProducts.MultiplyAdd(TPairs.Broadcast(v), row, a0);
                a1 = TProducts.MultiplyAdd(TPairs.Broadcast(v + x.Stride), row, a1);
                a2 = TProducts.MultiplyAdd(TPairs.Broadcast(v + (2 * x.Stride)), row, a2);
                a3 = TProducts.MultiplyAdd(TPairs.Broadcast(v3), row, a3);
                a4 = TProducts.MultiplyAdd(TPairs.Broadcast(v3 + x.Stride), row, a4);
                a5 = TProducts.MultiplyAdd(TPairs.Broadcast(v3 + (2 * x.Stride)), row, a5);
            }

            TRow scale = TRow.Load(scales);
            float* factors = x.Scales + group;
            sum0 = TProducts.AddScaled(a0, scale, TVector.Broadcast(factors[0]), sum0);
            sum1 = TProducts.AddScaled(a1, scale, TVector.Broadcast(factors[x.GroupStride]), sum1);
            sum2 = TProducts.AddScaled(a2, scale, TVector.Broadcast(factors[2 * x.GroupStride]), sum2);
            sum3 = TProducts.AddScaled(a3, scale, TVector.Broadcast(factors[3 * x.GroupStride]), sum3);
            sum4 = TProducts.AddScaled(a4, scale, TVector.Broadcast(factors[4 * x.GroupStride]), sum4);
            sum5 = TProducts.AddScaled(a5, scale, TVector.Broadcast(factors[5 * x.GroupStride]), sum5);
            if (offsets is null)
                continue;
            TRow offset = TRow.Load(offsets);
            offsets += Outputs;
            factors = x.OffsetFactors + group;
            sum0 = TRow.MultiplyAdd(TVector.Broadcast(factors[0]), offset, sum0);
            sum1 = TRow.MultiplyAdd(TVector.Broadcast(factors[x.GroupStride]), offset, sum1);
            sum2 = TRow.MultiplyAdd(TVector.Broadcast(factors[2 * x.GroupStride]), offset, sum2);
            sum3 = TRow.MultiplyAdd(TVector.Broadcast(factors[3 * x.GroupStride]), offset, sum3);
            sum4 = TRow.MultiplyAdd(TVector.Broadcast(factors[4 * x.GroupStride]), offset, sum4);
            sum5 = TRow.MultiplyAdd(TVector.Broadcast(factors[5 * x.GroupStride]), offset, sum5);
        }

        TRow.Store(sum0, sums);
        TRow.Store(sum1, sums + (1 * Outputs));
        TRow.Store(sum2, sums + (2 * Outputs));
        TRow.Store(sum3, sums + (3 * Outputs));
        TRow.Store(sum4, sums + (4 * Outputs));
        TRow.Store(sum5, sums + (5 * Outputs));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRows<TRow, TProducts>(IntegerTileInputs x, short* w, float* scales, float* offsets, float* sums, bool add)
        where TRow : unmanaged, IVectorRow<TRow, TVector>
        where TProducts : unmanaged, IPairRow<TProducts, TPairs, TRow, TVector>
    {
        TRow sum0 = add ? TRow.Load(sums) : default;
        TRow sum1 = add ? TRow.Load(sums + Outputs) : default;
        short* v = x.Values;
        for (int group = 0; group < x.Groups; group++, scales += Outputs)
        {
            TProducts a0 = default, a1 = default;
            for (int pair = 0; pair < PairsPerGroup; pair++, v += 2, w += Pair)
            {
                TProducts row = TProducts.Load(w);
                a0 = TProducts.MultiplyAdd(TPairs.Broadcast(v), row, a0);
                a1 = TProducts.MultiplyAdd(TPairs.Broadcast(v + x.Stride), row, a1);
            }

            TRow scale = TRow.Load(scales);
            sum0 = TProducts.AddScaled(a0, scale, TVector.Broadcast(x.Scales[group]), sum0);
            sum1 = TProducts.AddScaled(a1, scale, TVector.Broadcast(x.Scales[group + x.GroupStride]), sum1);
            if (offsets is null)
                continue;
            TRow offset = TRow.Load(offsets);
            offsets += Outputs;
            sum0 = TRow.MultiplyAdd(TVector.Broadcast(x.OffsetFactors[group]), offset, sum0);
            sum1 = TRow.MultiplyAdd(TVector.Broadcast(x.OffsetFactors[group + x.GroupStride]), offset, sum1);
        }

        TRow.Store(sum0, sums);
        TRow.Store(sum1, sums + Outputs);
    }
}
