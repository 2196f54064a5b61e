using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Transformer.Attention;

namespace RetNet.Extensions.Core.Models.Encoder;

/// <summary>Softmax attention of every token to all tokens of its text; an index is a head of a text.</summary>
internal readonly unsafe struct EncoderAttention : IRangeJob
{
    // Queries that are computed together, so that their data stay in the cache.
    private const int TileQueries = 32;

    /// <summary>The first row of each text, and the row after the last, <c>[texts + 1]</c>.</summary>
    public required int* Starts { get; init; }

    /// <summary>Queries times w^−½, <c>[rows × H × w]</c>.</summary>
    public required float* Query { get; init; }

    /// <summary><c>[rows × H × w]</c>.</summary>
    public required float* Key { get; init; }

    /// <summary><c>[rows × H × w]</c>.</summary>
    public required float* Value { get; init; }

    /// <summary><c>[rows × H × w]</c>.</summary>
    public required float* Output { get; init; }

    public required int Heads { get; init; }

    public required int HeadWidth { get; init; }

    /// <summary>How far a token sees to either side; <see cref="int.MaxValue"/> for the whole text.</summary>
    public required int Distance { get; init; }

    public void Run(int from, int to)
    {
        for (int unit = from; unit < to; unit++)
        {
            int first = Starts[unit / Heads], count = Starts[(unit / Heads) + 1] - first;
            if (VectorWidth.Is512)
                Attend<FloatVector512>(first, count, unit % Heads);
            else if (VectorWidth.Is256)
                Attend<FloatVector256>(first, count, unit % Heads);
            else
                Attend<FloatVector128>(first, count, unit % Heads);
        }
    }

    private void Attend<TVector>(int first, int count, int head)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        const int blockRows = AttentionKernel<TVector, StoredFloat32>.BlockRows;
        int w = HeadWidth, stride = Heads * w;
        using ThreadScratch.Scope rented = ThreadScratch.Rent((2L * count * w) + (TileQueries * (blockRows + 2)));
        float* keys = rented.Pointer, values = keys + ((long)count * w), scores = values + ((long)count * w);
        float* largest = scores + (TileQueries * blockRows), sums = largest + TileQueries;
        long offset = ((long)first * stride) + (head * w);
        Gather(Key + offset, keys, count);
        Gather(Value + offset, values, count);
        for (int query = 0; query < count; query += TileQueries)
        {
            int queries = Math.Min(TileQueries, count - query);
            float* output = Output + offset + ((long)query * stride);
            for (int i = 0; i < queries; i++)
                new Span<float>(output + ((long)i * stride), w).Clear();
            new Span<float>(largest, queries).Fill(float.MinValue);
            new Span<float>(sums, queries).Clear();

            // Blocks begin at multiples of their size, of which those that no query sees are left out.
            int begin = Math.Max(0, query - Distance) / blockRows * blockRows;
            long end = Math.Min(count, (long)query + queries + Distance);
            for (int row = begin; row < end; row += blockRows)
            {
                int rows = Math.Min(blockRows, count - row);
                AttentionKernel<TVector, StoredFloat32>.Scores(Query + offset + ((long)query * stride), stride, queries,
                    (StoredFloat32*)keys + ((long)row * w), rows, w, scores, null);
                if (Distance < count)
                    Hide(scores, blockRows, query, queries, row, rows);
                AttentionKernel<TVector, StoredFloat32>.Fold(
                    scores, queries, (StoredFloat32*)values + ((long)row * w), rows, w, largest, sums, output, stride);
            }

            for (int i = 0; i < queries; i++)
                AttentionKernel<TVector, StoredFloat32>.Scale(output + ((long)i * stride), w, 1 / sums[i]);
        }
    }

    private void Hide(float* scores, int stride, int query, int queries, int row, int rows)
    {
        for (int i = 0; i < queries; i++)
        {
            for (int j = 0; j < rows; j++)
            {
                if (Math.Abs(query + i - row - j) > Distance)
                    scores[(i * stride) + j] = float.NegativeInfinity;
            }
        }
    }

    private void Gather(float* source, float* target, int count)
    {
        for (int row = 0; row < count; row++, source += Heads * HeadWidth, target += HeadWidth)
            new ReadOnlySpan<float>(source, HeadWidth).CopyTo(new Span<float>(target, HeadWidth));
    }
}
