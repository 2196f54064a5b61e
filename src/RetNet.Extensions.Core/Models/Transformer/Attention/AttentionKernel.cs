using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Matrices;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Models.Transformer.Attention;

/// <summary>
/// Softmax attention of some queries over one head's rows, block of rows by block of rows, with a running maximum: a row is read once.
/// </summary>
/// <remarks>
/// The online softmax of FlashAttention (arXiv 2205.14135, algorithm 1): of the rows so far the kernel holds for each query the largest
/// score m, the sum ℓ = Σ e^(s−m) and o = Σ e^(s−m) v; a block with a larger score rescales ℓ and o. Blocks, and the segments that are
/// computed on their own and then merged, begin at fixed slots, so a query gets the same bits alone, among others, and on any number of
/// threads.
/// </remarks>
internal static unsafe class AttentionKernel<TVector, TStored>
    where TVector : unmanaged, IFloatVector<TVector>
    where TStored : unmanaged, IStoredValue<TStored>
{
    /// <summary>Rows of a block, and values of a row of scores.</summary>
    public const int BlockRows = 64;

    // A query over 4 rows, or 4 queries over 4 rows, at a time.
    private const int TileRows = 4;

    /// <summary><c>scores[i, j] = queries[i] · keys[j]</c>; −∞ in the places that have no row.</summary>
    /// <param name="queries"><c>[count × width]</c>, <paramref name="queryStride"/> apart.</param>
    /// <param name="queryStride">Distance of the queries.</param>
    /// <param name="count">The number of queries.</param>
    /// <param name="keys">The block's keys, <c>[rows × width]</c>.</param>
    /// <param name="rows">At most <see cref="BlockRows"/>.</param>
    /// <param name="width">The width of a head.</param>
    /// <param name="scores"><c>[count × BlockRows]</c>.</param>
    /// <param name="values">The block's values if they should be prefetched together with the keys, because the rows come from memory;
    /// otherwise null.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores(
        float* queries, int queryStride, int count, TStored* keys, int rows, int width, float* scores, TStored* values)
    {
        for (int row = 0; row < rows; row += TileRows)
        {
            if (values is not null)
            {
                Prefetch(keys + ((long)(row + (2 * TileRows)) * width), width);
                Prefetch(values + ((long)row * width), width);
            }

            // The last tile repeats the last row; what that gives is overwritten.
            TStored* k0 = keys + ((long)row * width);
            TStored* k1 = keys + ((long)Math.Min(row + 1, rows - 1) * width);
            TStored* k2 = keys + ((long)Math.Min(row + 2, rows - 1) * width);
            TStored* k3 = keys + ((long)Math.Min(row + 3, rows - 1) * width);
            int i = 0;
            if (TVector.Count == 16)
            {
                for (; i + 4 <= count; i += 4)
                    FourQueries(queries + ((long)i * queryStride), queryStride, k0, k1, k2, k3, width, scores + (i * BlockRows) + row);
            }

            for (; i < count; i++)
                OneQuery(queries + ((long)i * queryStride), k0, k1, k2, k3, width, scores + (i * BlockRows) + row);
        }

        for (int i = 0; i < count; i++)
            new Span<float>(scores + (i * BlockRows) + rows, BlockRows - rows).Fill(float.NegativeInfinity);
    }

    /// <summary>Multiplies the scores or weights of each row by its scale.</summary>
    /// <param name="scores"><c>[count × BlockRows]</c>.</param>
    /// <param name="count">The number of queries.</param>
    /// <param name="rows">At most <see cref="BlockRows"/>.</param>
    /// <param name="scales">bfloat16, <c>[rows]</c>; null for 1.</param>
    public static void ScaleRows(float* scores, int count, int rows, ushort* scales)
    {
        if (scales is null)
            return;
        int j = 0;
        for (; j + TVector.Count <= rows; j += TVector.Count)
        {
            TVector scale = TVector.LoadBFloat16(scales + j);
            for (float* score = scores + j, end = score + (count * BlockRows); score < end; score += BlockRows)
                TVector.Store(TVector.Multiply(scale, TVector.Load(score)), score);
        }

        for (; j < rows; j++)
        {
            for (float* score = scores + j, end = score + (count * BlockRows); score < end; score += BlockRows)
                *score *= WeightConversion.FromBFloat16(scales[j]);
        }
    }

    /// <summary>Adds a block's scores and values to the running result of the rows before.</summary>
    /// <param name="scores"><c>[count × BlockRows]</c>; is overwritten by e^(s−m).</param>
    /// <param name="count">The number of queries.</param>
    /// <param name="values">The block's values, <c>[rows × width]</c>.</param>
    /// <param name="rows">At most <see cref="BlockRows"/>.</param>
    /// <param name="width">The width of a head.</param>
    /// <param name="largest">m, <c>[count]</c>.</param>
    /// <param name="sums">ℓ, <c>[count]</c>.</param>
    /// <param name="outputs">o, <c>[count × width]</c>, <paramref name="outputStride"/> apart.</param>
    /// <param name="outputStride">Distance of the outputs.</param>
    /// <param name="scales">What the values of a row are multiplied by, bfloat16, <c>[rows]</c>; null for 1.</param>
    public static void Fold(
        float* scores, int count, TStored* values, int rows, int width, float* largest, float* sums, float* outputs, int outputStride,
        ushort* scales = null)
    {
        for (int i = 0; i < count; i++)
        {
            float before = largest[i];
            float sum = Exponentials(scores + (i * BlockRows), ref largest[i]);
            float rescale = MathF.Exp(before - largest[i]);
            sums[i] = (sums[i] * rescale) + sum;
            if (rescale != 1)
                Scale(outputs + ((long)i * outputStride), width, rescale);
        }

        ScaleRows(scores, count, rows, scales);
        SmallMatrix.MultiplyAdd<TVector, TStored>(scores, BlockRows, 1, values, width, outputs, outputStride, count, width, rows);
    }

    /// <summary>Merges the result of one segment of rows into that of the segments before it.</summary>
    /// <param name="output">o of the segments before, <c>[width]</c>.</param>
    /// <param name="largest">m of the segments before.</param>
    /// <param name="sum">ℓ of the segments before.</param>
    /// <param name="segmentOutput">o of the segment, <c>[width]</c>.</param>
    /// <param name="segmentLargest">m of the segment.</param>
    /// <param name="segmentSum">ℓ of the segment.</param>
    /// <param name="width">The width of a head.</param>
    public static void Merge(
        float* output, ref float largest, ref float sum, float* segmentOutput, float segmentLargest, float segmentSum, int width)
    {
        float together = MathF.Max(largest, segmentLargest);
        float before = MathF.Exp(largest - together), added = MathF.Exp(segmentLargest - together);
        largest = together;
        sum = (sum * before) + (segmentSum * added);
        TVector first = TVector.Broadcast(before), second = TVector.Broadcast(added);
        int c = 0;
        for (; c + TVector.Count <= width; c += TVector.Count)
        {
            TVector.Store(TVector.MultiplyAdd(second, TVector.Load(segmentOutput + c), TVector.Multiply(first, TVector.Load(output + c))),
                output + c);
        }

        for (; c < width; c++)
            output[c] = MathF.FusedMultiplyAdd(added, segmentOutput[c], before * output[c]);
    }

    /// <summary><c>x = factor · x</c>.</summary>
    public static void Scale(float* x, int width, float factor)
    {
        TVector all = TVector.Broadcast(factor);
        int c = 0;
        for (; c + TVector.Count <= width; c += TVector.Count)
            TVector.Store(TVector.Multiply(all, TVector.Load(x + c)), x + c);
        for (; c < width; c++)
            x[c] *= factor;
    }

    /// <summary>Turns scores into weights, <c>e^(s−m) / ℓ</c>.</summary>
    public static void Weights(float* scores, int count, float largest, float sum)
    {
        TVector minus = TVector.Broadcast(-largest), share = TVector.Broadcast(1 / sum);
        int i = 0;
        for (; i + TVector.Count <= count; i += TVector.Count)
            TVector.Store(TVector.Multiply(share, Exponential.Of(TVector.Add(TVector.Load(scores + i), minus))), scores + i);
        if (i == count)
            return;

        // The rest in a whole vector too, so that a weight does not depend on its place.
        float* rest = stackalloc float[16];
        new Span<float>(scores + i, count - i).CopyTo(new Span<float>(rest, 16));
        TVector.Store(TVector.Multiply(share, Exponential.Of(TVector.Add(TVector.Load(rest), minus))), rest);
        new Span<float>(rest, count - i).CopyTo(new Span<float>(scores + i, count - i));
    }

    /// <summary>Replaces a block's scores by e^(s−m), m being the largest so far with the block's, and gives their sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Exponentials(float* scores, ref float largest)
    {
        TVector maxima = TVector.Load(scores);
        for (int j = TVector.Count; j < BlockRows; j += TVector.Count)
            maxima = TVector.Max(maxima, TVector.Load(scores + j));
        largest = MathF.Max(largest, TVector.Largest(maxima));
        TVector minus = TVector.Broadcast(-largest), sum = TVector.Zero;
        for (int j = 0; j < BlockRows; j += TVector.Count)
        {
            TVector weights = Exponential.Of(TVector.Add(TVector.Load(scores + j), minus));
            TVector.Store(weights, scores + j);
            sum = TVector.Add(sum, weights);
        }

        return TVector.Sum(sum);
    }

    // This loop and the next have a variable for each vector: with Four<TVector> they reached 0.91 to 0.98 of the speed.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneQuery(float* q, TStored* k0, TStored* k1, TStored* k2, TStored* k3, int width, float* scores)
    {
        TVector a0 = TVector.Zero, a1 = TVector.Zero, a2 = TVector.Zero, a3 = TVector.Zero;
        int c = 0;
        for (; c + TVector.Count <= width; c += TVector.Count)
        {
            TVector v = TVector.Load(q + c);
            a0 = TVector.MultiplyAdd(TStored.Load<TVector>(k0 + c), v, a0);
            a1 = TVector.MultiplyAdd(TStored.Load<TVector>(k1 + c), v, a1);
            a2 = TVector.MultiplyAdd(TStored.Load<TVector>(k2 + c), v, a2);
            a3 = TVector.MultiplyAdd(TStored.Load<TVector>(k3 + c), v, a3);
        }

        TVector.SumEach(a0, a1, a2, a3, scores);
        AddRest(q, k0, k1, k2, k3, c, width, scores);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourQueries(float* q, int stride, TStored* k0, TStored* k1, TStored* k2, TStored* k3, int width, float* scores)
    {
        float* q1 = q + stride, q2 = q1 + stride, q3 = q2 + stride;
        TVector a00 = TVector.Zero, a01 = TVector.Zero, a02 = TVector.Zero, a03 = TVector.Zero;
        TVector a10 = TVector.Zero, a11 = TVector.Zero, a12 = TVector.Zero, a13 = TVector.Zero;
        TVector a20 = TVector.Zero, a21 = TVector.Zero, a22 = TVector.Zero, a23 = TVector.Zero;
        TVector a30 = TVector.Zero, a31 = TVector.Zero, a32 = TVector.Zero, a33 = TVector.Zero;
        int c = 0;
        for (; c + TVector.Count <= width; c += TVector.Count)
        {
            TVector v0 = TVector.Load(q + c), v1 = TVector.Load(q1 + c), v2 = TVector.Load(q2 + c), v3 = TVector.Load(q3 + c);
            TVector k = TStored.Load<TVector>(k0 + c);
            a00 = TVector.MultiplyAdd(k, v0, a00);
            a10 = TVector.MultiplyAdd(k, v1, a10);
            a20 = TVector.MultiplyAdd(k, v2, a20);
            a30 = TVector.MultiplyAdd(k, v3, a30);
            k = TStored.Load<TVector>(k1 + c);
            a01 = TVector.MultiplyAdd(k, v0, a01);
            a11 = TVector.MultiplyAdd(k, v1, a11);
            a21 = TVector.MultiplyAdd(k, v2, a21);
            a31 = TVector.MultiplyAdd(k, v3, a31);
            k = TStored.Load<TVector>(k2 + c);
            a02 = TVector.MultiplyAdd(k, v0, a02);
            a12 = TVector.MultiplyAdd(k, v1, a12);
            a22 = TVector.MultiplyAdd(k, v2, a22);
            a32 = TVector.MultiplyAdd(k, v3, a32);
            k = TStored.Load<TVector>(k3 + c);
            a03 = TVector.MultiplyAdd(k, v0, a03);
            a13 = TVector.MultiplyAdd(k, v1, a13);
            a23 = TVector.MultiplyAdd(k, v2, a23);
            a33 = TVector.MultiplyAdd(k, v3, a33);
        }

        TVector.SumEach(a00, a01, a02, a03, scores);
        TVector.SumEach(a10, a11, a12, a13, scores + BlockRows);
        TVector.SumEach(a20, a21, a22, a23, scores + (2 * BlockRows));
        TVector.SumEach(a30, a31, a32, a33, scores + (3 * BlockRows));
        AddRest(q, k0, k1, k2, k3, c, width, scores);
        AddRest(q1, k0, k1, k2, k3, c, width, scores + BlockRows);
        AddRest(q2, k0, k1, k2, k3, c, width, scores + (2 * BlockRows));
        AddRest(q3, k0, k1, k2, k3, c, width, scores + (3 * BlockRows));
    }

    /// <summary>Prefetches a tile's rows; the addresses may lie behind the last row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(TStored* rows, int width)
    {
        if (!Sse.IsSupported)
            return;
        for (byte* line = (byte*)rows, end = (byte*)(rows + (TileRows * (long)width)); line < end; line += 64)
            Sse.Prefetch0(line);
    }

    /// <summary>The columns that do not fill a vector.</summary>
    private static void AddRest(float* q, TStored* k0, TStored* k1, TStored* k2, TStored* k3, int c, int width, float* scores)
    {
        for (; c < width; c++)
        {
            scores[0] = MathF.FusedMultiplyAdd(q[c], TStored.Widen(k0[c]), scores[0]);
            scores[1] = MathF.FusedMultiplyAdd(q[c], TStored.Widen(k1[c]), scores[1]);
            scores[2] = MathF.FusedMultiplyAdd(q[c], TStored.Widen(k2[c]), scores[2]);
            scores[3] = MathF.FusedMultiplyAdd(q[c], TStored.Widen(k3[c]), scores[3]);
        }
    }
}
