using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Matrices;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>Retention of one head over one sequence for training: forward, and its gradient beside it.</summary>
/// <remarks>
/// As in <see cref="RetentionHead{TStored}"/>, with i, j inside a chunk and U the state before it: o_i = r_i (γ^(i+1) q_i U + Σ_{j≤i}
/// γ^(i−j) (q_i·k_j) v_j), and U ← γ^C U + Σ_j γ^(C−1−j) k_jᵀ v_j. A chunk is computed in square tiles, without those above the diagonal.
/// The row factor r_i is the scale of the form, see <see cref="RetentionScaling"/>; torchscale detaches the sums in it, so the gradient
/// takes it as a constant. No gradient flows into the state that the sequence begins with.
/// </remarks>
internal readonly unsafe struct RetentionGradientHead
{
    private const int TileRows = 64;

    /// <summary>dk.</summary>
    public required int KeyWidth { get; init; }

    /// <summary>dv.</summary>
    public required int ValueWidth { get; init; }

    /// <summary>ln γ.</summary>
    public required float LogDecay { get; init; }

    public required RetentionScaling Scaling { get; init; }

    /// <summary>Tokens per chunk C.</summary>
    public required int Chunk { get; init; }

    /// <summary>Queries, scaled and rotated, <c>[tokens × dk]</c>.</summary>
    public required float* Query { get; init; }

    /// <summary>Keys, scaled and rotated, <c>[tokens × dk]</c>.</summary>
    public required float* Key { get; init; }

    /// <summary>Values, <c>[tokens × dv]</c>.</summary>
    public required float* Value { get; init; }

    /// <summary>Distance of the rows of queries, keys, values and of their gradients.</summary>
    public required int Stride { get; init; }

    /// <summary>Distance of the rows of results and of their gradients.</summary>
    public required int OutputStride { get; init; }

    /// <summary>r of each row.</summary>
    public required float* RowFactors { get; init; }

    /// <summary>Distance of the row factors.</summary>
    public required int RowFactorStride { get; init; }

    /// <summary>U before each chunk and after the last, <c>[(chunks + 1) × dk × dv]</c>. The first is given.</summary>
    public required float* States { get; init; }

    private int StateLength => KeyWidth * ValueWidth;

    /// <summary>γ^C … γ^0, to a whole cache line: what follows is read by vectors.</summary>
    private int DecaysLength => (Chunk + 16) & ~15;

    /// <summary>Floats of scratch memory that a call needs.</summary>
    private int ScratchLength => DecaysLength + (3 * TileRows * TileRows) + (TileRows * (KeyWidth + ValueWidth)) + StateLength;

    /// <summary>Computes the results, the row factors and the states.</summary>
    /// <param name="position">The first token's position; above 0 the state before it is used.</param>
    /// <param name="length">The number of tokens.</param>
    /// <param name="output"><c>[tokens × dv]</c>.</param>
    public void Forward(long position, int length, float* output)
    {
        using ThreadScratch.Scope rented = ThreadScratch.Rent(ScratchLength);
        float* decays = rented.Pointer;
        FillDecays(decays, out float* scores, out _, out float* scaled, out _, out _);
        int chunk = 0;
        for (int first = 0; first < length; first += Chunk, chunk++)
        {
            int count = Math.Min(Chunk, length - first);
            float* state = States + ((long)chunk * StateLength);
            bool hasState = position + first > 0;
            double stateScale = Scaling == RetentionScaling.TorchScaleChunkwise ? StateScale(state) : 1;
            for (int i = 0; i < count; i += TileRows)
            {
                ForwardTile(position, first, i, Math.Min(TileRows, count - i), hasState ? state : null, stateScale, output, decays, scores,
                    scaled);
            }

            // U ← γ^C U + Σ_j γ^(C−1−j) k_jᵀ v_j
            float* next = state + StateLength;
            TensorPrimitives.Multiply(new ReadOnlySpan<float>(state, StateLength), Decay(decays, count),
                new Span<float>(next, StateLength));
            for (int j = 0; j < count; j += TileRows)
            {
                int rows = Math.Min(TileRows, count - j);
                ScaleByDistanceToEnd(Keys(first + j, rows), decays, count - j, scaled);
                MatrixProduct.ApplyAlone(new MatrixView(scaled, rows, KeyWidth).Transposed, Values(first + j, rows), next, ValueWidth,
                    add: true);
            }
        }
    }

    /// <summary>Computes the gradients.</summary>
    /// <param name="position">As in the forward pass.</param>
    /// <param name="length">The number of tokens.</param>
    /// <param name="dOutput">Gradient of the results, <c>[tokens × dv]</c>; it is multiplied by the row factors.</param>
    /// <param name="dQuery">Receives the gradient of the queries, <c>[tokens × dk]</c>.</param>
    /// <param name="dKey">Receives the gradient of the keys, <c>[tokens × dk]</c>.</param>
    /// <param name="dValue">Receives the gradient of the values, <c>[tokens × dv]</c>.</param>
    /// <param name="add">True to add to those of keys and values, which other heads share.</param>
    public void Backward(long position, int length, float* dOutput, float* dQuery, float* dKey, float* dValue, bool add)
    {
        using ThreadScratch.Scope rented = ThreadScratch.Rent(ScratchLength);
        float* decays = rented.Pointer;
        FillDecays(decays, out float* scores, out float* dScores, out float* scaled, out float* scaledValues, out float* dState);
        ScaleRows(dOutput, length);
        new Span<float>(dState, StateLength).Clear();
        int chunks = (length + Chunk - 1) / Chunk;
        for (int chunk = chunks - 1; chunk >= 0; chunk--)
        {
            int first = chunk * Chunk;
            int count = Math.Min(Chunk, length - first);
            MatrixView state = new(States + ((long)chunk * StateLength), KeyWidth, ValueWidth);
            MatrixView dNext = new(dState, KeyWidth, ValueWidth);
            bool hasState = position + first > 0;

            // Through U ← γ^C U + Σ_j γ^(C−1−j) k_jᵀ v_j.
            for (int j = 0; chunk < chunks - 1 && j < count; j += TileRows)
            {
                int rows = Math.Min(TileRows, count - j);
                ScaleByDistanceToEnd(Values(first + j, rows), decays, count - j, scaledValues);
                MatrixProduct.ApplyAlone(new(scaledValues, rows, ValueWidth), dNext.Transposed, dKey + ((long)(first + j) * Stride), Stride,
                    add);
                ScaleByDistanceToEnd(Keys(first + j, rows), decays, count - j, scaled);
                MatrixProduct.ApplyAlone(new(scaled, rows, KeyWidth), dNext, dValue + ((long)(first + j) * Stride), Stride, add);
            }

            TensorPrimitives.Multiply(new ReadOnlySpan<float>(dState, StateLength), Decay(decays, count),
                new Span<float>(dState, StateLength));

            for (int i = 0; i < count; i += TileRows)
            {
                int rows = Math.Min(TileRows, count - i);
                MatrixView query = Queries(first + i, rows);
                MatrixView dResult = new(dOutput + ((long)(first + i) * OutputStride), rows, ValueWidth, OutputStride, 1);
                float* dQueryTile = dQuery + ((long)(first + i) * Stride);

                // Through γ^(i+1) q_i U.
                if (hasState)
                {
                    ScaleByDistanceFromStart(dResult, decays, i + 1, scaledValues);
                    MatrixProduct.ApplyAlone(new(scaledValues, rows, ValueWidth), state.Transposed, dQueryTile, Stride, add: false);
                    MatrixProduct.ApplyAlone(query.Transposed, new MatrixView(scaledValues, rows, ValueWidth), dState, ValueWidth,
                        add: true);
                }

                // Through Σ_{j≤i} γ^(i−j) (q_i·k_j) v_j.
                for (int j = 0; j <= i; j += TileRows)
                {
                    int columns = Math.Min(TileRows, count - j);
                    MatrixView key = Keys(first + j, columns), value = Values(first + j, columns);
                    MatrixProduct.ApplyAlone(query, key.Transposed, scores, TileRows, add: false);
                    DecayScores(scores, decays, i - j, rows, columns);
                    MatrixProduct.ApplyAlone(dResult, value.Transposed, dScores, TileRows, add: false);
                    DecayScores(dScores, decays, i - j, rows, columns);

                    MatrixView a = new(scores, rows, columns, TileRows, 1), da = new(dScores, rows, columns, TileRows, 1);
                    MatrixProduct.ApplyAlone(da, key, dQueryTile, Stride, add: hasState || j > 0);
                    bool isWritten = add || chunk < chunks - 1 || i > j;
                    MatrixProduct.ApplyAlone(da.Transposed, query, dKey + ((long)(first + j) * Stride), Stride, isWritten);
                    MatrixProduct.ApplyAlone(a.Transposed, dResult, dValue + ((long)(first + j) * Stride), Stride, isWritten);
                }
            }
        }
    }

    /// <summary>Rows <c>[i, i + rows)</c> of a chunk.</summary>
    private void ForwardTile(
        long position, int first, int i, int rows, float* state, double stateScale, float* output, float* decays, float* scores,
        float* scaled)
    {
        float* result = output + ((long)(first + i) * OutputStride);
        MatrixView query = Queries(first + i, rows);
        bool hasMagnitudes = Scaling is RetentionScaling.TorchScaleParallel or RetentionScaling.TorchScaleChunkwise;
        Span<double> magnitudes = stackalloc double[TileRows];
        magnitudes.Clear();
        if (state is not null)
        {
            ScaleByDistanceFromStart(query, decays, i + 1, scaled);
            MatrixProduct.ApplyAlone(new(scaled, rows, KeyWidth), new MatrixView(state, KeyWidth, ValueWidth), result, OutputStride,
                add: false);
        }

        for (int j = 0; j <= i; j += TileRows)
        {
            int columns = Math.Min(TileRows, i + rows - j);
            MatrixProduct.ApplyAlone(query, Keys(first + j, columns).Transposed, scores, TileRows, add: false);
            DecayScores(scores, decays, i - j, rows, columns);
            MatrixProduct.ApplyAlone(new(scores, rows, columns, TileRows, 1), Values(first + j, columns), result, OutputStride,
                add: state is not null || j > 0);
            for (int r = 0; hasMagnitudes && r < rows; r++)
                magnitudes[r] += TensorPrimitives.SumOfMagnitudes(new ReadOnlySpan<float>(scores + (r * TileRows), columns));
        }

        for (int r = 0; r < rows; r++)
        {
            float factor = RowFactor(position + first + i + r, i + r, magnitudes[r], stateScale);
            RowFactors[(long)(first + i + r) * RowFactorStride] = factor;
            Span<float> row = new(result + ((long)r * OutputStride), ValueWidth);
            if (factor != 1)
                TensorPrimitives.Multiply(row, factor, row);
        }
    }

    /// <summary>a_ij ← γ^(distance + i − j) a_ij for j ≤ distance + i, else 0.</summary>
    private void DecayScores(float* scores, float* decays, int distance, int rows, int columns)
    {
        if (distance == 0)
        {
            // The rows of a tile lie without gaps between them.
            Span<float> tile = new(scores, rows * TileRows);
            TensorPrimitives.Multiply(tile, new ReadOnlySpan<float>(Diagonal(decays), rows * TileRows), tile);
            return;
        }

        for (int r = 0; r < rows; r++)
        {
            // Backwards from γ^C, the table holds the decays of a row in the order of the columns.
            Span<float> row = new(scores + (r * TileRows), columns);
            TensorPrimitives.Multiply(row, new ReadOnlySpan<float>(decays + Chunk - (distance + r), columns), row);
        }
    }

    /// <summary>Row r times γ^(start + r).</summary>
    private void ScaleByDistanceFromStart(MatrixView rows, float* decays, int start, float* target) =>
        RowScaling.Apply(rows.Data, rows.RowStride, rows.Rows, rows.Columns, decays + Chunk - start, -1, target);

    /// <summary>Row r times γ^(end − 1 − r).</summary>
    private void ScaleByDistanceToEnd(MatrixView rows, float* decays, int end, float* target) =>
        RowScaling.Apply(rows.Data, rows.RowStride, rows.Rows, rows.Columns, decays + Chunk - (end - 1), 1, target);

    private void ScaleRows(float* rows, int length)
    {
        for (int i = 0; i < length && Scaling != RetentionScaling.None; i++)
        {
            Span<float> row = new(rows + ((long)i * OutputStride), ValueWidth);
            TensorPrimitives.Multiply(row, RowFactors[(long)i * RowFactorStride], row);
        }
    }

    /// <summary>r, as <see cref="RetentionHead{TStored}"/> has it: the inverse of the form's divisor.</summary>
    private float RowFactor(long position, int i, double magnitudes, double stateScale)
    {
        if (Scaling == RetentionScaling.None)
            return 1;
        if (Scaling == RetentionScaling.Recurrent)
            return (float)(1 / Math.Sqrt(RetentionDecay.Sum(LogDecay, position)));
        double decaySum = Math.Sqrt(RetentionDecay.Sum(LogDecay, i));
        double rowScale = Scaling == RetentionScaling.TorchScaleParallel
            ? Math.Clamp(magnitudes / decaySum, 1, 5e4)
            : Math.Max(magnitudes / decaySum, stateScale);
        return (float)(1 / (decaySum * rowScale));
    }

    /// <summary>torchscale's running scale of the state before a chunk: the largest sum of magnitudes of a column of U / L, at least
    /// 1.</summary>
    private double StateScale(float* state)
    {
        double largest = 0;
        for (int column = 0; column < ValueWidth; column++)
        {
            double sum = 0;
            for (int row = 0; row < KeyWidth; row++)
                sum += Math.Abs(state[((long)row * ValueWidth) + column]);
            largest = Math.Max(largest, sum);
        }

        return Math.Max(1, largest / RetentionDecay.Sum(LogDecay, Chunk - 1));
    }

    private float Decay(float* decays, int power) => decays[Chunk - power];

    /// <summary>Divides scratch memory of <see cref="ScratchLength"/>, and fills the first two parts with powers of γ: γ^C … γ^0, and <see
    /// cref="Diagonal"/>.</summary>
    private void FillDecays(
        float* decays, out float* scores, out float* dScores, out float* scaled, out float* scaledValues, out float* dState)
    {
        scores = Diagonal(decays) + (TileRows * TileRows);
        dScores = scores + (TileRows * TileRows);
        scaled = dScores + (TileRows * TileRows);
        scaledValues = scaled + (TileRows * KeyWidth);
        dState = scaledValues + (TileRows * ValueWidth);
        for (int power = 0; power <= Chunk; power++)
            decays[Chunk - power] = (float)Math.Exp(power * (double)LogDecay);
        for (int r = 0; r < TileRows; r++)
        {
            int seen = Math.Min(r, Chunk) + 1;
            Span<float> row = new(Diagonal(decays) + (r * TileRows), TileRows);
            new ReadOnlySpan<float>(decays + Chunk + 1 - seen, seen).CopyTo(row);
            row[seen..].Clear();
        }
    }

    /// <summary>γ^(i−j) for j ≤ i, else 0, <c>[tile × tile]</c>.</summary>
    private float* Diagonal(float* decays) => decays + DecaysLength;

    private MatrixView Queries(int first, int rows) => new(Query + ((long)first * Stride), rows, KeyWidth, Stride, 1);

    private MatrixView Keys(int first, int rows) => new(Key + ((long)first * Stride), rows, KeyWidth, Stride, 1);

    private MatrixView Values(int first, int rows) => new(Value + ((long)first * Stride), rows, ValueWidth, Stride, 1);
}
