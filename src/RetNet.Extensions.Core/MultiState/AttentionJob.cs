using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.MultiState;

/// <summary>Softmax attention of a layer over the multi-state: an index is a query head of a sequence.</summary>
/// <remarks>
/// Old rows come first and are all visible; the new rows follow in order, and a query sees those up to its own. Queries go in tiles, so that
/// a tile's scores stay in the cache. When a sequence has one new token, all query heads that share a key-value head are
/// one tile and read its rows once; the first of them does the work.
/// </remarks>
internal readonly unsafe struct AttentionJob : IRangeJob
{
    private const int TileQueries = 16;

    public required AttentionSlice* Slices { get; init; }

    /// <summary>Rotated queries times w^−½, <c>[rows × H × w]</c>.</summary>
    public required float* Query { get; init; }

    /// <summary><c>[rows × H × w]</c>.</summary>
    public required float* Output { get; init; }

    public required int Heads { get; init; }

    public required int KeyValueHeads { get; init; }

    public required int HeadWidth { get; init; }

    /// <summary>How many keys a query sees, its own included; 0 for all.</summary>
    public required int SlidingWindow { get; init; }

    public void Run(int from, int to)
    {
        int group = Heads / KeyValueHeads;
        for (int index = from; index < to; index++)
        {
            AttentionSlice slice = Slices[index / Heads];
            int head = index % Heads;
            if (slice.Rows == 1)
            {
                if (head % group == 0)
                    DecodeGroup(slice, head, group);
                continue;
            }

            if (slice.Sums is not null)
                new Span<float>(slice.Sums + ((long)head * slice.Count), slice.Count).Clear();
            for (int row = 0; row < slice.Rows; row += TileQueries)
                PrefillTile(slice, head, group, row, Math.Min(TileQueries, slice.Rows - row));
        }
    }

    private void DecodeGroup(AttentionSlice slice, int firstHead, int group)
    {
        long first = (((long)slice.FirstRow * Heads) + firstHead) * HeadWidth;
        long shared = (long)(firstHead / group) * slice.Capacity * HeadWidth;
        float* weights = ThreadScratch.Get((long)group * slice.Count);
        Scores(Query + first, HeadWidth, group, slice.Keys + shared, slice.Count, weights, slice.Count);
        for (int i = 0; i < group; i++)
        {
            Span<float> row = new(weights + ((long)i * slice.Count), slice.Count);
            Attend(row, slice, slice.Position);
            int head = firstHead + i;
            if (slice.LastQuery is not null)
                row.CopyTo(new Span<float>(slice.LastQuery + ((long)head * slice.Count), slice.Count));
            if (slice.Sums is not null)
                row.CopyTo(new Span<float>(slice.Sums + ((long)head * slice.Count), slice.Count));
        }

        new Span<float>(Output + first, group * HeadWidth).Clear();
        SmallMatrix.MultiplyAdd(weights, slice.Count, 1, slice.Values + shared, HeadWidth, Output + first, HeadWidth, group, HeadWidth, slice.Count);
    }

    private void PrefillTile(AttentionSlice slice, int head, int group, int firstRow, int rows)
    {
        int stride = Heads * HeadWidth;
        long first = ((((long)slice.FirstRow + firstRow) * Heads) + head) * HeadWidth;
        long shared = (long)(head / group) * slice.Capacity * HeadWidth;
        int old = slice.Count - slice.Rows;
        int visible = old + firstRow + rows;
        float* weights = ThreadScratch.Get((long)rows * visible);
        Scores(Query + first, stride, rows, slice.Keys + shared, visible, weights, visible);
        for (int i = 0; i < rows; i++)
        {
            Span<float> row = new(weights + ((long)i * visible), visible);
            Span<float> seen = row[..(old + firstRow + i + 1)];
            row[seen.Length..].Clear();
            Attend(seen, slice, slice.Position + firstRow + i);
            if (slice.Sums is not null)
            {
                Span<float> sums = new(slice.Sums + ((long)head * slice.Count), seen.Length);
                TensorPrimitives.Add(sums, seen, sums);
            }

            if (slice.LastQuery is not null && firstRow + i == slice.Rows - 1)
                seen.CopyTo(new Span<float>(slice.LastQuery + ((long)head * slice.Count), slice.Count));
            new Span<float>(Output + first + ((long)i * stride), HeadWidth).Clear();
        }

        SmallMatrix.MultiplyAdd(weights, visible, 1, slice.Values + shared, HeadWidth, Output + first, stride, rows, HeadWidth, visible);
    }

    private void Attend(Span<float> scores, AttentionSlice slice, long position)
    {
        if (SlidingWindow > 0)
        {
            for (int slot = 0; slot < scores.Length; slot++)
            {
                if (slice.Positions[slot] <= position - SlidingWindow)
                    scores[slot] = float.NegativeInfinity;
            }
        }

        Softmax.InPlace(scores);
    }

    /// <summary><c>scores[i, j] = queries[i] · keys[j]</c>.</summary>
    private void Scores(float* queries, int queryStride, int count, float* keys, int slots, float* scores, int stride)
    {
        if (VectorWidth.Is512)
            Scores<FloatVector512>(queries, queryStride, count, keys, slots, scores, stride);
        else if (VectorWidth.Is256)
            Scores<FloatVector256>(queries, queryStride, count, keys, slots, scores, stride);
        else
            Scores<FloatVector128>(queries, queryStride, count, keys, slots, scores, stride);
    }

    private void Scores<TVector>(float* queries, int queryStride, int count, float* keys, int slots, float* scores, int stride)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        float* tile = stackalloc float[16];
        for (int slot = 0; slot < slots; slot += 4)
        {
            int stored = Math.Min(4, slots - slot);
            Float32Row k0 = Key(keys, slot, slots), k1 = Key(keys, slot + 1, slots), k2 = Key(keys, slot + 2, slots), k3 = Key(keys, slot + 3, slots);
            int i = 0;
            if (TVector.Count == 16)
            {
                for (; i + 4 <= count; i += 4)
                {
                    Tile<TVector, Float32Row>.FourByFour(k0, k1, k2, k3, queries + ((long)i * queryStride), queryStride, HeadWidth, tile);
                    Store(tile, 4, stored, scores + ((long)i * stride) + slot, stride);
                }
            }

            for (; i + 2 <= count; i += 2)
            {
                Tile<TVector, Float32Row>.FourByTwo(k0, k1, k2, k3, queries + ((long)i * queryStride), queryStride, HeadWidth, tile);
                Store(tile, 2, stored, scores + ((long)i * stride) + slot, stride);
            }

            for (; i < count; i++)
            {
                Tile<TVector, Float32Row>.FourByOne(k0, k1, k2, k3, queries + ((long)i * queryStride), HeadWidth, tile);
                Store(tile, 1, stored, scores + ((long)i * stride) + slot, stride);
            }
        }
    }

    // The last tile repeats the last key; what that gives is not stored.
    private Float32Row Key(float* keys, int slot, int slots) => new(keys + ((long)Math.Min(slot, slots - 1) * HeadWidth));

    private static void Store(float* tile, int queries, int slots, float* target, int stride)
    {
        for (int i = 0; i < queries; i++, target += stride)
        {
            for (int j = 0; j < slots; j++)
                target[j] = tile[(i * 4) + j];
        }
    }
}
