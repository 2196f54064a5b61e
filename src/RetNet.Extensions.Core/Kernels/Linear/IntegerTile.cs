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
                    TwoByFour(x.From(t), w + (2 * r), scales + r, offsets is null ? null : offsets + r, sums + (t * Outputs) + r, add);
            }
        }
        else if (lanes == 8)
        {
            for (int r = 0; r < Outputs; r += lanes)
                SixByOne(x, w + (2 * r), scales + r, offsets is null ? null : offsets + r, sums + r, add);
        }
        else
        {
            for (int r = 0; r < Outputs; r += 2 * lanes)
                SixByTwo(x, w + (2 * r), scales + r, offsets is null ? null : offsets + r, sums + r, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixByTwo(IntegerTileInputs x, short* w, float* scales, float* offsets, float* sums, bool add)
    {
        int lanes = TVector.Count;
        TVector s00 = add ? TVector.Load(sums) : TVector.Zero;
        TVector s01 = add ? TVector.Load(sums + lanes) : TVector.Zero;
        TVector s10 = add ? TVector.Load(sums + (1 * Outputs)) : TVector.Zero;
        TVector s11 = add ? TVector.Load(sums + (1 * Outputs) + lanes) : TVector.Zero;
        TVector s20 = add ? TVector.Load(sums + (2 * Outputs)) : TVector.Zero;
        TVector s21 = add ? TVector.Load(sums + (2 * Outputs) + lanes) : TVector.Zero;
        TVector s30 = add ? TVector.Load(sums + (3 * Outputs)) : TVector.Zero;
        TVector s31 = add ? TVector.Load(sums + (3 * Outputs) + lanes) : TVector.Zero;
        TVector s40 = add ? TVector.Load(sums + (4 * Outputs)) : TVector.Zero;
        TVector s41 = add ? TVector.Load(sums + (4 * Outputs) + lanes) : TVector.Zero;
        TVector s50 = add ? TVector.Load(sums + (5 * Outputs)) : TVector.Zero;
        TVector s51 = add ? TVector.Load(sums + (5 * Outputs) + lanes) : TVector.Zero;
        short* v0 = x.Values, v3 = v0 + (3 * x.Stride);
        for (int group = 0; group < x.Groups; group++, scales += Outputs)
        {
            TPairs a00 = TPairs.Zero, a01 = TPairs.Zero;
            TPairs a10 = TPairs.Zero, a11 = TPairs.Zero;
            TPairs a20 = TPairs.Zero, a21 = TPairs.Zero;
            TPairs a30 = TPairs.Zero, a31 = TPairs.Zero;
            TPairs a40 = TPairs.Zero, a41 = TPairs.Zero;
            TPairs a50 = TPairs.Zero, a51 = TPairs.Zero;
            for (int pair = 0; pair < PairsPerGroup; pair++, v0 += 2, v3 += 2, w += Pair)
            {
                TPairs w0 = TPairs.Load(w), w1 = TPairs.Load(w + (2 * lanes));
                TPairs v = TPairs.Broadcast(v0);
                a00 = TPairs.MultiplyAdd(w0, v, a00);
                a01 = TPairs.MultiplyAdd(w1, v, a01);
                v = TPairs.Broadcast(v0 + x.Stride);
                a10 = TPairs.MultiplyAdd(w0, v, a10);
                a11 = TPairs.MultiplyAdd(w1, v, a11);
                v = TPairs.Broadcast(v0 + (2 * x.Stride));
                a20 = TPairs.MultiplyAdd(w0, v, a20);
                a21 = TPairs.MultiplyAdd(w1, v, a21);
                v = TPairs.Broadcast(v3);
                a30 = TPairs.MultiplyAdd(w0, v, a30);
                a31 = TPairs.MultiplyAdd(w1, v, a31);
                v = TPairs.Broadcast(v3 + x.Stride);
                a40 = TPairs.MultiplyAdd(w0, v, a40);
                a41 = TPairs.MultiplyAdd(w1, v, a41);
                v = TPairs.Broadcast(v3 + (2 * x.Stride));
                a50 = TPairs.MultiplyAdd(w0, v, a50);
                a51 = TPairs.MultiplyAdd(w1, v, a51);
            }

            TVector scale0 = TVector.Load(scales), scale1 = TVector.Load(scales + lanes);
            TVector factor = TVector.Broadcast(x.Scales[group]);
            s00 = TVector.MultiplyAdd(TPairs.ToFloat(a00), TVector.Multiply(scale0, factor), s00);
            s01 = TVector.MultiplyAdd(TPairs.ToFloat(a01), TVector.Multiply(scale1, factor), s01);
            factor = TVector.Broadcast(x.Scales[group + x.GroupStride]);
            s10 = TVector.MultiplyAdd(TPairs.ToFloat(a10), TVector.Multiply(scale0, factor), s10);
            s11 = TVector.MultiplyAdd(TPairs.ToFloat(a11), TVector.Multiply(scale1, factor), s11);
            factor = TVector.Broadcast(x.Scales[group + (2 * x.GroupStride)]);
            s20 = TVector.MultiplyAdd(TPairs.ToFloat(a20), TVector.Multiply(scale0, factor), s20);
            s21 = TVector.MultiplyAdd(TPairs.ToFloat(a21), TVector.Multiply(scale1, factor), s21);
            factor = TVector.Broadcast(x.Scales[group + (3 * x.GroupStride)]);
            s30 = TVector.MultiplyAdd(TPairs.ToFloat(a30), TVector.Multiply(scale0, factor), s30);
            s31 = TVector.MultiplyAdd(TPairs.ToFloat(a31), TVector.Multiply(scale1, factor), s31);
            factor = TVector.Broadcast(x.Scales[group + (4 * x.GroupStride)]);
            s40 = TVector.MultiplyAdd(TPairs.ToFloat(a40), TVector.Multiply(scale0, factor), s40);
            s41 = TVector.MultiplyAdd(TPairs.ToFloat(a41), TVector.Multiply(scale1, factor), s41);
            factor = TVector.Broadcast(x.Scales[group + (5 * x.GroupStride)]);
            s50 = TVector.MultiplyAdd(TPairs.ToFloat(a50), TVector.Multiply(scale0, factor), s50);
            s51 = TVector.MultiplyAdd(TPairs.ToFloat(a51), TVector.Multiply(scale1, factor), s51);
            if (offsets is null)
                continue;
            TVector offset0 = TVector.Load(offsets), offset1 = TVector.Load(offsets + lanes);
            offsets += Outputs;
            factor = TVector.Broadcast(x.OffsetFactors[group]);
            s00 = TVector.MultiplyAdd(offset0, factor, s00);
            s01 = TVector.MultiplyAdd(offset1, factor, s01);
            factor = TVector.Broadcast(x.OffsetFactors[group + x.GroupStride]);
            s10 = TVector.MultiplyAdd(offset0, factor, s10);
            s11 = TVector.MultiplyAdd(offset1, factor, s11);
            factor = TVector.Broadcast(x.OffsetFactors[group + (2 * x.GroupStride)]);
            s20 = TVector.MultiplyAdd(offset0, factor, s20);
            s21 = TVector.MultiplyAdd(offset1, factor, s21);
            factor = TVector.Broadcast(x.OffsetFactors[group + (3 * x.GroupStride)]);
            s30 = TVector.MultiplyAdd(offset0, factor, s30);
            s31 = TVector.MultiplyAdd(offset1, factor, s31);
            factor = TVector.Broadcast(x.OffsetFactors[group + (4 * x.GroupStride)]);
            s40 = TVector.MultiplyAdd(offset0, factor, s40);
            s41 = TVector.MultiplyAdd(offset1, factor, s41);
            factor = TVector.Broadcast(x.OffsetFactors[group + (5 * x.GroupStride)]);
            s50 = TVector.MultiplyAdd(offset0, factor, s50);
            s51 = TVector.MultiplyAdd(offset1, factor, s51);
        }

        TVector.Store(s00, sums);
        TVector.Store(s01, sums + lanes);
        TVector.Store(s10, sums + (1 * Outputs));
        TVector.Store(s11, sums + (1 * Outputs) + lanes);
        TVector.Store(s20, sums + (2 * Outputs));
        TVector.Store(s21, sums + (2 * Outputs) + lanes);
        TVector.Store(s30, sums + (3 * Outputs));
        TVector.Store(s31, sums + (3 * Outputs) + lanes);
        TVector.Store(s40, sums + (4 * Outputs));
        TVector.Store(s41, sums + (4 * Outputs) + lanes);
        TVector.Store(s50, sums + (5 * Outputs));
        TVector.Store(s51, sums + (5 * Outputs) + lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixByOne(IntegerTileInputs x, short* w, float* scales, float* offsets, float* sums, bool add)
    {
        int lanes = TVector.Count;
        TVector s00 = add ? TVector.Load(sums) : TVector.Zero;
        TVector s10 = add ? TVector.Load(sums + (1 * Outputs)) : TVector.Zero;
        TVector s20 = add ? TVector.Load(sums + (2 * Outputs)) : TVector.Zero;
        TVector s30 = add ? TVector.Load(sums + (3 * Outputs)) : TVector.Zero;
        TVector s40 = add ? TVector.Load(sums + (4 * Outputs)) : TVector.Zero;
        TVector s50 = add ? TVector.Load(sums + (5 * Outputs)) : TVector.Zero;
        short* v0 = x.Values, v3 = v0 + (3 * x.Stride);
        for (int group = 0; group < x.Groups; group++, scales += Outputs)
        {
            TPairs a00 = TPairs.Zero;
            TPairs a10 = TPairs.Zero;
            TPairs a20 = TPairs.Zero;
            TPairs a30 = TPairs.Zero;
            TPairs a40 = TPairs.Zero;
            TPairs a50 = TPairs.Zero;
            for (int pair = 0; pair < PairsPerGroup; pair++, v0 += 2, v3 += 2, w += Pair)
            {
                TPairs w0 = TPairs.Load(w);
                TPairs v = TPairs.Broadcast(v0);
                a00 = TPairs.MultiplyAdd(w0, v, a00);
                v = TPairs.Broadcast(v0 + x.Stride);
                a10 = TPairs.MultiplyAdd(w0, v, a10);
                v = TPairs.Broadcast(v0 + (2 * x.Stride));
                a20 = TPairs.MultiplyAdd(w0, v, a20);
                v = TPairs.Broadcast(v3);
                a30 = TPairs.MultiplyAdd(w0, v, a30);
                v = TPairs.Broadcast(v3 + x.Stride);
                a40 = TPairs.MultiplyAdd(w0, v, a40);
                v = TPairs.Broadcast(v3 + (2 * x.Stride));
                a50 = TPairs.MultiplyAdd(w0, v, a50);
            }

            TVector scale0 = TVector.Load(scales);
            TVector factor = TVector.Broadcast(x.Scales[group]);
            s00 = TVector.MultiplyAdd(TPairs.ToFloat(a00), TVector.Multiply(scale0, factor), s00);
            factor = TVector.Broadcast(x.Scales[group + x.GroupStride]);
            s10 = TVector.MultiplyAdd(TPairs.ToFloat(a10), TVector.Multiply(scale0, factor), s10);
            factor = TVector.Broadcast(x.Scales[group + (2 * x.GroupStride)]);
            s20 = TVector.MultiplyAdd(TPairs.ToFloat(a20), TVector.Multiply(scale0, factor), s20);
            factor = TVector.Broadcast(x.Scales[group + (3 * x.GroupStride)]);
            s30 = TVector.MultiplyAdd(TPairs.ToFloat(a30), TVector.Multiply(scale0, factor), s30);
            factor = TVector.Broadcast(x.Scales[group + (4 * x.GroupStride)]);
            s40 = TVector.MultiplyAdd(TPairs.ToFloat(a40), TVector.Multiply(scale0, factor), s40);
            factor = TVector.Broadcast(x.Scales[group + (5 * x.GroupStride)]);
            s50 = TVector.MultiplyAdd(TPairs.ToFloat(a50), TVector.Multiply(scale0, factor), s50);
            if (offsets is null)
                continue;
            TVector offset0 = TVector.Load(offsets);
            offsets += Outputs;
            factor = TVector.Broadcast(x.OffsetFactors[group]);
            s00 = TVector.MultiplyAdd(offset0, factor, s00);
            factor = TVector.Broadcast(x.OffsetFactors[group + x.GroupStride]);
            s10 = TVector.MultiplyAdd(offset0, factor, s10);
            factor = TVector.Broadcast(x.OffsetFactors[group + (2 * x.GroupStride)]);
            s20 = TVector.MultiplyAdd(offset0, factor, s20);
            factor = TVector.Broadcast(x.OffsetFactors[group + (3 * x.GroupStride)]);
            s30 = TVector.MultiplyAdd(offset0, factor, s30);
            factor = TVector.Broadcast(x.OffsetFactors[group + (4 * x.GroupStride)]);
            s40 = TVector.MultiplyAdd(offset0, factor, s40);
            factor = TVector.Broadcast(x.OffsetFactors[group + (5 * x.GroupStride)]);
            s50 = TVector.MultiplyAdd(offset0, factor, s50);
        }

        TVector.Store(s00, sums);
        TVector.Store(s10, sums + (1 * Outputs));
        TVector.Store(s20, sums + (2 * Outputs));
        TVector.Store(s30, sums + (3 * Outputs));
        TVector.Store(s40, sums + (4 * Outputs));
        TVector.Store(s50, sums + (5 * Outputs));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoByFour(IntegerTileInputs x, short* w, float* scales, float* offsets, float* sums, bool add)
    {
        int lanes = TVector.Count;
        TVector s00 = add ? TVector.Load(sums) : TVector.Zero;
        TVector s01 = add ? TVector.Load(sums + lanes) : TVector.Zero;
        TVector s02 = add ? TVector.Load(sums + (2 * lanes)) : TVector.Zero;
        TVector s03 = add ? TVector.Load(sums + (3 * lanes)) : TVector.Zero;
        TVector s10 = add ? TVector.Load(sums + (1 * Outputs)) : TVector.Zero;
        TVector s11 = add ? TVector.Load(sums + (1 * Outputs) + lanes) : TVector.Zero;
        TVector s12 = add ? TVector.Load(sums + (1 * Outputs) + (2 * lanes)) : TVector.Zero;
        TVector s13 = add ? TVector.Load(sums + (1 * Outputs) + (3 * lanes)) : TVector.Zero;
        short* v0 = x.Values;
        for (int group = 0; group < x.Groups; group++, scales += Outputs)
        {
            TPairs a00 = TPairs.Zero, a01 = TPairs.Zero, a02 = TPairs.Zero, a03 = TPairs.Zero;
            TPairs a10 = TPairs.Zero, a11 = TPairs.Zero, a12 = TPairs.Zero, a13 = TPairs.Zero;
            for (int pair = 0; pair < PairsPerGroup; pair++, v0 += 2, w += Pair)
            {
                TPairs w0 = TPairs.Load(w), w1 = TPairs.Load(w + (2 * lanes)), w2 = TPairs.Load(w + (4 * lanes)), w3 = TPairs.Load(w
                    + (6 * lanes));
                TPairs v = TPairs.Broadcast(v0);
                a00 = TPairs.MultiplyAdd(w0, v, a00);
                a01 = TPairs.MultiplyAdd(w1, v, a01);
                a02 = TPairs.MultiplyAdd(w2, v, a02);
                a03 = TPairs.MultiplyAdd(w3, v, a03);
                v = TPairs.Broadcast(v0 + x.Stride);
                a10 = TPairs.MultiplyAdd(w0, v, a10);
                a11 = TPairs.MultiplyAdd(w1, v, a11);
                a12 = TPairs.MultiplyAdd(w2, v, a12);
                a13 = TPairs.MultiplyAdd(w3, v, a13);
            }

            TVector scale0 = TVector.Load(scales), scale1 = TVector.Load(scales + lanes), scale2 = TVector.Load(scales
                + (2 * lanes)), scale3 = TVector.Load(scales + (3 * lanes));
            TVector factor = TVector.Broadcast(x.Scales[group]);
            s00 = TVector.MultiplyAdd(TPairs.ToFloat(a00), TVector.Multiply(scale0, factor), s00);
            s01 = TVector.MultiplyAdd(TPairs.ToFloat(a01), TVector.Multiply(scale1, factor), s01);
            s02 = TVector.MultiplyAdd(TPairs.ToFloat(a02), TVector.Multiply(scale2, factor), s02);
            s03 = TVector.MultiplyAdd(TPairs.ToFloat(a03), TVector.Multiply(scale3, factor), s03);
            factor = TVector.Broadcast(x.Scales[group + x.GroupStride]);
            s10 = TVector.MultiplyAdd(TPairs.ToFloat(a10), TVector.Multiply(scale0, factor), s10);
            s11 = TVector.MultiplyAdd(TPairs.ToFloat(a11), TVector.Multiply(scale1, factor), s11);
            s12 = TVector.MultiplyAdd(TPairs.ToFloat(a12), TVector.Multiply(scale2, factor), s12);
            s13 = TVector.MultiplyAdd(TPairs.ToFloat(a13), TVector.Multiply(scale3, factor), s13);
            if (offsets is null)
                continue;
            TVector offset0 = TVector.Load(offsets), offset1 = TVector.Load(offsets + lanes), offset2 = TVector.Load(offsets
                + (2 * lanes)), offset3 = TVector.Load(offsets + (3 * lanes));
            offsets += Outputs;
            factor = TVector.Broadcast(x.OffsetFactors[group]);
            s00 = TVector.MultiplyAdd(offset0, factor, s00);
            s01 = TVector.MultiplyAdd(offset1, factor, s01);
            s02 = TVector.MultiplyAdd(offset2, factor, s02);
            s03 = TVector.MultiplyAdd(offset3, factor, s03);
            factor = TVector.Broadcast(x.OffsetFactors[group + x.GroupStride]);
            s10 = TVector.MultiplyAdd(offset0, factor, s10);
            s11 = TVector.MultiplyAdd(offset1, factor, s11);
            s12 = TVector.MultiplyAdd(offset2, factor, s12);
            s13 = TVector.MultiplyAdd(offset3, factor, s13);
        }

        TVector.Store(s00, sums);
        TVector.Store(s01, sums + lanes);
        TVector.Store(s02, sums + (2 * lanes));
        TVector.Store(s03, sums + (3 * lanes));
        TVector.Store(s10, sums + (1 * Outputs));
        TVector.Store(s11, sums + (1 * Outputs) + lanes);
        TVector.Store(s12, sums + (1 * Outputs) + (2 * lanes));
        TVector.Store(s13, sums + (1 * Outputs) + (3 * lanes));
    }
}
