using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Matrices;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>Causal softmax attention of one query head over one sequence for training: forward, and its gradient beside it.</summary>
/// <remarks>
/// As in FlashAttention (arXiv 2205.14135), the forward pass keeps only the results and l_i = ln Σ_j e^(q_i·k_j), and the backward pass
/// computes the weights p_ij = e^(q_i·k_j − l_i) again; memory is linear in the length. Queries are computed in tiles, over the keys that
/// any query of the tile sees: with a window of W keys, i − W &lt; j ≤ i. Keys and values are laid out once for all tiles.
/// </remarks>
internal readonly unsafe struct AttentionGradientHead
{
    private const int TileRows = 48;

    /// <summary>w.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>W, how many keys a query sees, its own included; 0 for all.</summary>
    public required int SlidingWindow { get; init; }

    /// <summary>Bounds the scores s to cap · tanh(s / cap); null for none.</summary>
    public float? SoftCap { get; init; }

    /// <summary>Queries, rotated and scaled, <c>[tokens × w]</c>.</summary>
    public required float* Query { get; init; }

    /// <summary>Distance of the queries of consecutive tokens, and of their gradients.</summary>
    public required int QueryStride { get; init; }

    /// <summary>Rotated keys, <c>[tokens × w]</c>.</summary>
    public required float* Key { get; init; }

    /// <summary>Distance of the keys, and of their gradients.</summary>
    public required int KeyStride { get; init; }

    /// <summary>Values, <c>[tokens × w]</c>.</summary>
    public required float* Value { get; init; }

    /// <summary>Distance of the values, and of their gradients.</summary>
    public required int ValueStride { get; init; }

    /// <summary>Results, <c>[tokens × w]</c>.</summary>
    public required float* Output { get; init; }

    /// <summary>Distance of the results, and of their gradients.</summary>
    public required int OutputStride { get; init; }

    /// <summary>l of each token.</summary>
    public required float* LogSums { get; init; }

    /// <summary>Distance of the l.</summary>
    public required int LogSumStride { get; init; }

    /// <summary>A score that takes part in every softmax and that no value belongs to; −∞ for none.</summary>
    public required float Sink { get; init; }

    /// <summary>Computes the results and l.</summary>
    /// <param name="length">The number of tokens.</param>
    public void Forward(int length)
    {
        long transposedLength = MatrixProduct.LaidOutLength(HeadWidth, length);
        long valuesLength = MatrixProduct.LaidOutLength(length, HeadWidth);
        using ThreadScratch.Scope rented = ThreadScratch.Rent(((long)TileRows * length) + transposedLength + valuesLength);
        float* weights = rented.Pointer;
        float* laidOut = weights + ((long)TileRows * length);
        RightFactor transposedKeys = MatrixProduct.LayOut(Keys(length).Transposed, laidOut);
        RightFactor values = MatrixProduct.LayOut(Values(length), laidOut + transposedLength);
        for (int first = 0; first < length; first += TileRows)
        {
            int rows = Math.Min(TileRows, length - first);
            int from = FirstColumn(first);
            int columns = first + rows - from;
            MatrixProduct.ApplyAlone(Queries(first, rows), transposedKeys.ColumnRange(from, columns), weights, columns, add: false);
            for (int r = 0; r < rows; r++)
            {
                Span<float> row = new(weights + ((long)r * columns), columns);
                Span<float> seen = Seen(row, first + r, from);
                Bound(seen, default);
                float largest = MathF.Max(TensorPrimitives.Max<float>(seen), Sink);
                float sum = ExponentialRow.Apply(seen, largest) + MathF.Exp(Sink - largest);
                TensorPrimitives.Multiply(seen, 1 / sum, seen);
                LogSums[(long)(first + r) * LogSumStride] = largest + MathF.Log(sum);
            }

            MatrixProduct.ApplyAlone(new MatrixView(weights, rows, columns), values.RowRange(from, columns),
                Output + ((long)first * OutputStride), OutputStride, add: false);
        }
    }

    /// <summary>Computes the gradients: with g_i = do_i·o_i, ds_ij = p_ij (do_i·v_j − g_i), <c>dq_i = Σ_j ds_ij k_j</c>, <c>dk_j = Σ_i
    /// ds_ij q_i</c>, <c>dv_j = Σ_i p_ij do_i</c>; with a cap, ds_ij times the derivative of the bounded score.</summary>
    /// <param name="length">The number of tokens.</param>
    /// <param name="dOutput">Gradient of the results, <c>[tokens × w]</c>.</param>
    /// <param name="dQuery">Receives the gradient of the queries, <c>[tokens × w]</c>.</param>
    /// <param name="dKey">Receives the gradient of the keys, <c>[tokens × w]</c>.</param>
    /// <param name="dValue">Receives the gradient of the values, <c>[tokens × w]</c>.</param>
    /// <param name="add">True to add to those of keys and values, which other heads share.</param>
    public void Backward(int length, float* dOutput, float* dQuery, float* dKey, float* dValue, bool add)
    {
        long transposedLength = MatrixProduct.LaidOutLength(HeadWidth, length);
        long keysLength = MatrixProduct.LaidOutLength(length, HeadWidth);
        using ThreadScratch.Scope rented = ThreadScratch.Rent((((2L * TileRows) + 1) * length) + (2 * transposedLength) + keysLength);
        float* weights = rented.Pointer;
        float* dScores = weights + ((long)TileRows * length);
        float* slopes = dScores + ((long)TileRows * length);
        float* laidOut = slopes + length;
        RightFactor transposedKeys = MatrixProduct.LayOut(Keys(length).Transposed, laidOut);
        RightFactor transposedValues = MatrixProduct.LayOut(Values(length).Transposed, laidOut + transposedLength);
        RightFactor keys = MatrixProduct.LayOut(Keys(length), laidOut + (2 * transposedLength));

        // From the last tile to the first: without a window, the last one reaches all keys, and the others add to it.
        int written = add ? 0 : length;
        for (int first = (length - 1) / TileRows * TileRows; first >= 0; first -= TileRows)
        {
            int rows = Math.Min(TileRows, length - first);
            int from = FirstColumn(first);
            int columns = first + rows - from;
            MatrixView query = Queries(first, rows);
            MatrixView dResult = new(dOutput + ((long)first * OutputStride), rows, HeadWidth, OutputStride, 1);
            MatrixProduct.ApplyAlone(query, transposedKeys.ColumnRange(from, columns), weights, columns, add: false);
            MatrixProduct.ApplyAlone(dResult, transposedValues.ColumnRange(from, columns), dScores, columns, add: false);
            for (int r = 0; r < rows; r++)
            {
                Span<float> weightRow = new(weights + ((long)r * columns),
                    columns), dScoreRow = new(dScores + ((long)r * columns), columns);
                Span<float> seen = Seen(weightRow, first + r, from), dSeen = Seen(dScoreRow, first + r, from);
                Span<float> slope = new(slopes, SoftCap is null ? 0 : seen.Length);
                Bound(seen, slope);
                ReadOnlySpan<float> result = new(Output + ((long)(first + r) * OutputStride), HeadWidth);
                float mean = TensorPrimitives.Dot(result, new ReadOnlySpan<float>(dResult.At(r, 0), HeadWidth));
                ExponentialRow.Gradient(seen, dSeen, LogSums[(long)(first + r) * LogSumStride], mean);
                if (SoftCap is not null)
                    TensorPrimitives.Multiply(dSeen, slope, dSeen);
            }

            MatrixView p = new(weights, rows, columns), ds = new(dScores, rows, columns);
            MatrixProduct.ApplyAlone(ds, keys.RowRange(from, columns), dQuery + ((long)first * QueryStride), QueryStride, add: false);
            int fresh = Math.Clamp(written - from, 0, columns);
            AddProduct(ds.Transposed, query, dKey + ((long)from * KeyStride), KeyStride, fresh);
            AddProduct(p.Transposed, dResult, dValue + ((long)from * ValueStride), ValueStride, fresh);
            written = Math.Min(written, from);
        }
    }

    /// <summary><c>C += A B</c>, where the first rows of C have not been written yet.</summary>
    private static void AddProduct(MatrixView a, MatrixView b, float* c, int cRow, int fresh)
    {
        if (fresh > 0)
            MatrixProduct.ApplyAlone(a.RowRange(0, fresh), b, c, cRow, add: false);
        if (fresh < a.Rows)
            MatrixProduct.ApplyAlone(a.RowRange(fresh, a.Rows - fresh), b, c + ((long)fresh * cRow), cRow, add: true);
    }

    /// <summary>Bounds scores, and gives the derivative unless <paramref name="slope"/> is empty.</summary>
    private void Bound(Span<float> scores, Span<float> slope)
    {
        if (SoftCap is not { } cap)
            return;
        Kernels.Functions.SoftCap.Apply(scores, 1, cap);
        if (!slope.IsEmpty)
            Kernels.Functions.SoftCap.Slope(scores, 1, cap, slope);
    }

    /// <summary>The first key of a tile: the first that its first query sees, or one before it where keys are laid out together.</summary>
    private int FirstColumn(int query) => FirstKey(query) / RightFactor.Granule * RightFactor.Granule;

    private int FirstKey(int query) => SlidingWindow > 0 ? Math.Max(0, query - SlidingWindow + 1) : 0;

    /// <summary>The part of a row, whose first column is the key at <paramref name="from"/>, that a query sees; clears the rest.</summary>
    private Span<float> Seen(Span<float> row, int query, int from)
    {
        int start = FirstKey(query) - from, end = query + 1 - from;
        row[..start].Clear();
        row[end..].Clear();
        return row[start..end];
    }

    private MatrixView Queries(int first, int rows) => new(Query + ((long)first * QueryStride), rows, HeadWidth, QueryStride, 1);

    private MatrixView Keys(int rows) => new(Key, rows, HeadWidth, KeyStride, 1);

    private MatrixView Values(int rows) => new(Value, rows, HeadWidth, ValueStride, 1);
}
