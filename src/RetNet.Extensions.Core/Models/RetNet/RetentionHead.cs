using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Matrices;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>Retention of one head over some tokens of one sequence (RetNet, section 2.1–2.3).</summary>
/// <remarks>
/// All forms share the chunkwise evaluation of o_n = Σ_{m≤n} γ^(n−m) (q_n·k_m) v_m: with i, j inside a chunk and U the state before it,
/// o_i = γ^(i+1) q_i U + Σ_{j≤i} γ^(i−j) (q_i·k_j) v_j, and U ← γ^C U + Σ_j γ^(C−1−j) k_jᵀ v_j. The parallel form is a single
/// chunk. The forms and dialects differ in a factor per row, see <see cref="RetentionScaling"/>.
/// </remarks>
internal readonly unsafe struct RetentionHead<TStored>
    where TStored : unmanaged, IStoredFloat<TStored>
{
    // Query rows whose scores are held at once.
    private const int TileRows = 64;

    // Keys across and scores have a multiple of these columns, so that products of few tokens fill their vectors.
    private const int PaddedColumns = 32;

    /// <summary>dk.</summary>
    public required int KeyWidth { get; init; }

    /// <summary>dv.</summary>
    public required int ValueWidth { get; init; }

    /// <summary>ln γ.</summary>
    public required float LogDecay { get; init; }

    /// <summary>The factor per row.</summary>
    public required RetentionScaling Scaling { get; init; }

    /// <summary>The first token's query, scaled and rotated, <c>[dk]</c>.</summary>
    public required float* Query { get; init; }

    /// <summary>Distance of the queries of consecutive tokens.</summary>
    public required int QueryStride { get; init; }

    /// <summary>The first token's key, scaled and rotated, <c>[dk]</c>.</summary>
    public required float* Key { get; init; }

    /// <summary>Distance of the keys.</summary>
    public required int KeyStride { get; init; }

    /// <summary>The first token's value, <c>[dv]</c>.</summary>
    public required float* Value { get; init; }

    /// <summary>Distance of the values.</summary>
    public required int ValueStride { get; init; }

    /// <summary>The first token's result, <c>[dv]</c>.</summary>
    public required float* Output { get; init; }

    /// <summary>Distance of the results.</summary>
    public required int OutputStride { get; init; }

    /// <summary>U, <c>[dk × dv]</c>; zero at position 0, where it is not read. Null for a whole sequence of several tokens, which then
    /// leaves no state.</summary>
    public required TStored* State { get; init; }

    /// <summary>Whether nothing reads the state behind the last of the tokens, so that it is not written there.</summary>
    public bool EndsSequence { get; init; }

    /// <summary>Retains tokens chunk by chunk; a single token is a recurrent step.</summary>
    /// <param name="position">The first token's position.</param>
    /// <param name="count">The number of tokens.</param>
    /// <param name="chunk">Tokens per chunk.</param>
    public void Run(long position, int count, int chunk)
    {
        if (count == 1 && Scaling is RetentionScaling.None or RetentionScaling.Recurrent)
        {
            Step(State, position, 0);
            return;
        }

        bool hasState = State != null || count <= chunk;
        long length = ChunkScratch(Math.Min(chunk, count));
        using ThreadScratch.Scope rented = ThreadScratch.Rent(length + (hasState ? 0 : (long)KeyWidth * ValueWidth));
        float* scratch = rented.Pointer;
        if (hasState)
            Chunks(position, count, chunk, scratch);
        else
            (this with { State = (TStored*)(scratch + length) }).Chunks(position, count, chunk, scratch);
    }

    private void Chunks(long position, int count, int chunk, float* scratch)
    {
        for (int first = 0; first < count; first += chunk)
        {
            bool isLast = EndsSequence && first + chunk >= count;
            Chunk(position + first, first, Math.Min(chunk, count - first), chunk, isLast, scratch);
        }
    }

    /// <summary>The scratch memory of a chunk: decays in both orders, keys across, and either scores and decayed queries of some rows or
    /// some rows of the state.</summary>
    private long ChunkScratch(int count)
    {
        long tile = Math.Min(TileRows, count);
        long updated = Math.Min(TileRows, KeyWidth) * (long)ValueWidth;
        return (2 * (count + 1)) + ((long)KeyWidth * Padded(count)) + Math.Max(tile * (Padded(count) + KeyWidth), updated);
    }

    /// <summary>Retains tokens step by step, in a copy of the state that stays in the cache.</summary>
    /// <param name="position">The first token's position.</param>
    /// <param name="count">The number of tokens.</param>
    public void Draft(long position, int count)
    {
        long bytes = (long)KeyWidth * ValueWidth * sizeof(TStored);
        using ThreadScratch.Scope rented = ThreadScratch.Rent((bytes + sizeof(float) - 1) / sizeof(float));
        Buffer.MemoryCopy(State, rented.Pointer, bytes, bytes);
        for (int i = 0; i < count; i++)
            Step((TStored*)rented.Pointer, position + i, i);
    }

    /// <summary><c>U ← γ U + kᵀ v</c>, <c>o = q U</c> for a token.</summary>
    private void Step(TStored* state, long position, long row)
    {
        float* output = Output + (row * OutputStride);
        RecurrentStep.Run(state, Query + (row * QueryStride), Key + (row * KeyStride), Value + (row * ValueStride), output, KeyWidth,
            ValueWidth, MathF.Exp(LogDecay));
        if (Scaling == RetentionScaling.Recurrent)
            Scale(output, (float)(1 / Math.Sqrt(RetentionDecay.Sum(LogDecay, position))));
    }

    private void Chunk(long position, int first, int count, int fullChunk, bool isLast, float* scratch)
    {
        float* query = Query + ((long)first * QueryStride);
        float* key = Key + ((long)first * KeyStride);
        float* value = Value + ((long)first * ValueStride);
        float* output = Output + ((long)first * OutputStride);
        bool isEmpty = position == 0;

        int padded = Padded(count);
        long tile = Math.Min(TileRows, count);
        float* decays = scratch;
        float* descending = decays + count + 1;
        float* keysAcross = descending + count + 1;
        float* scores = keysAcross + ((long)KeyWidth * padded);
        float* decayedQueries = scores + (tile * padded);

        // γ^0 … γ^C, γ^C … γ^0, and the keys as [dk × C].
        for (int i = 0; i <= count; i++)
            descending[count - i] = decays[i] = (float)Math.Exp(i * (double)LogDecay);
        new Span<float>(keysAcross, KeyWidth * padded).Clear();
        Transposition.Words32((byte*)key, (long)KeyStride * sizeof(float), count, KeyWidth, (uint*)keysAcross, padded);

        float stateScale = Scaling == RetentionScaling.TorchScaleChunkwise && !isEmpty ? StateScale(fullChunk) : 1;
        for (int i = 0; i < count; i += TileRows)
        {
            int rows = Math.Min(TileRows, count - i);
            int seen = i + rows;
            float* tileQuery = query + ((long)i * QueryStride);
            float* tileOutput = output + ((long)i * OutputStride);

            new Span<float>(scores, rows * padded).Clear();
            SmallMatrix.MultiplyAdd(tileQuery, QueryStride, 1, keysAcross, padded, scores, padded, rows, Padded(seen), KeyWidth);
            for (int r = 0; r < rows; r++)
            {
                float* row = scores + ((long)r * padded);
                int past = i + r + 1;
                RowScaling.Multiply(row, descending + count + 1 - past, past);
                new Span<float>(row + past, seen - past).Clear();
                new Span<float>(tileOutput + ((long)r * OutputStride), ValueWidth).Clear();
            }

            SmallMatrix.MultiplyAdd(scores, padded, 1, value, ValueStride, tileOutput, OutputStride, rows, ValueWidth, seen);
            if (!isEmpty)
            {
                for (int r = 0; r < rows; r++)
                {
                    RowScaling.Apply(
                        tileQuery + ((long)r * QueryStride), decays[i + r + 1], decayedQueries + ((long)r * KeyWidth), KeyWidth);
                }

                SmallMatrix.MultiplyAdd(
                    decayedQueries, KeyWidth, 1, State, ValueWidth, tileOutput, OutputStride, rows, ValueWidth, KeyWidth);
            }

            if (Scaling != RetentionScaling.None)
            {
                for (int r = 0; r < rows; r++)
                    Scale(tileOutput + ((long)r * OutputStride), RowFactor(position, i + r, scores + ((long)r * padded), stateScale));
            }
        }

        if (isLast)
            return;

        // U ← γ^C U + Σ_j γ^(C−1−j) k_jᵀ v_j
        for (int c = 0; c < KeyWidth; c++)
            RowScaling.Multiply(keysAcross + ((long)c * padded), descending + 1, count);

        float* rowsOfState = scores;
        for (int c = 0; c < KeyWidth; c += TileRows)
        {
            int rows = Math.Min(TileRows, KeyWidth - c);
            TStored* state = State + ((long)c * ValueWidth);
            if (isEmpty)
                new Span<float>(rowsOfState, rows * ValueWidth).Clear();
            else
                StoredValues.Widen(state, rowsOfState, rows * ValueWidth, decays[count]);
            SmallMatrix.MultiplyAdd(
                keysAcross + ((long)c * padded), padded, 1, value, ValueStride, rowsOfState, ValueWidth, rows, ValueWidth, count);
            StoredValues.Round(rowsOfState, state, rows * ValueWidth);
        }
    }

    private static int Padded(int columns) => (columns + PaddedColumns - 1) / PaddedColumns * PaddedColumns;

    /// <summary>The inverse of torchscale's divisor for row i of a chunk.</summary>
    private float RowFactor(long position, int i, float* scores, float stateScale)
    {
        if (Scaling == RetentionScaling.Recurrent)
            return (float)(1 / Math.Sqrt(RetentionDecay.Sum(LogDecay, position + i)));

        // Both other forms normalise the decays of the chunk's own rows, and then by the sum of a row's magnitudes.
        double decaySum = Math.Sqrt(RetentionDecay.Sum(LogDecay, i));
        double magnitudes = TensorPrimitives.SumOfMagnitudes(new ReadOnlySpan<float>(scores, i + 1)) / decaySum;
        double rowScale = Scaling == RetentionScaling.TorchScaleParallel
            ? Math.Clamp(magnitudes, 1, 5e4)
            : Math.Max(magnitudes, stateScale);
        return (float)(1 / (decaySum * rowScale));
    }

    /// <summary>torchscale's running scale of the state before a chunk: the largest sum of magnitudes of a column of U / L, at least
    /// 1.</summary>
    private float StateScale(int chunk)
    {
        double largest = 0;
        for (int column = 0; column < ValueWidth; column++)
        {
            double sum = 0;
            for (int row = 0; row < KeyWidth; row++)
                sum += Math.Abs(TStored.Widen(State[((long)row * ValueWidth) + column]));
            largest = Math.Max(largest, sum);
        }

        return (float)Math.Max(1, largest / RetentionDecay.Sum(LogDecay, chunk - 1));
    }

    private void Scale(float* row, float factor) => RowScaling.Apply(row, factor, row, ValueWidth);
}
