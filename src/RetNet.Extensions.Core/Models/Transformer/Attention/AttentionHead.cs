using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Models.Transformer.Attention;

/// <summary>A unit of <see cref="AttentionJob"/>.</summary>
internal readonly unsafe struct AttentionHead<TVector, TStored>(AttentionJob job, AttentionSlice slice)
    where TVector : unmanaged, IFloatVector<TVector>
    where TStored : unmanaged, IStoredValue<TStored>
{
    // Queries of a prompt that are computed together, so that their data stay in the cache.
    private const int TileQueries = 32;
    private const int BlockRows = AttentionKernel<TVector, TStored>.BlockRows;

    private readonly AttentionJob _job = job;
    private readonly AttentionSlice _slice = slice;
    private readonly int _width = job.HeadWidth;
    private readonly int _group = job.Heads / job.KeyValueHeads;

    public void Run(int unit)
    {
        if (_slice.Rows == 1)
        {
            DecodeSegment(unit % _job.KeyValueHeads, unit / _job.KeyValueHeads);
            return;
        }

        if (_slice.Sums is not null)
            new Span<float>(_slice.Sums + ((long)unit * _slice.Count), _slice.Count).Clear();
        for (int row = 0; row < _slice.Rows; row += TileQueries)
            PrefillTile(unit, row, Math.Min(TileQueries, _slice.Rows - row));
    }

    /// <summary>The query heads of a key-value head over one segment of its rows.</summary>
    private void DecodeSegment(int sharedHead, int segment)
    {
        int firstHead = sharedHead * _group;
        int stride = _width + 2;
        float* result = _slice.Segments + (((long)segment * _job.Heads) + firstHead) * stride;
        using ThreadScratch.Scope rented = ThreadScratch.Rent((long)_group * (BlockRows + 2));
        float* scores = rented.Pointer;
        float* largest = scores + (_group * BlockRows), sums = largest + _group;
        for (int i = 0; i < _group; i++)
            Start(result + ((long)i * stride), largest + i, sums + i);

        int first = segment * AttentionJob.SegmentRows;
        int end = Math.Min(_slice.Count, first + AttentionJob.SegmentRows);
        float* raw = _slice.LastQuery is not null ? _slice.LastQuery : _slice.Sums;
        for (int slot = first; slot < end; slot += BlockRows)
        {
            int rows = Math.Min(BlockRows, end - slot);
            TStored* values = Row(_slice.Values, sharedHead, slot);
            AttentionKernel<TVector, TStored>.Scores(Query(0, firstHead), _width, _group, Row(_slice.Keys, sharedHead, slot), rows, _width,
                scores, values);
            AttentionKernel<TVector, TStored>.ScaleRows(scores, _group, rows, Scales(_slice.KeyScales, sharedHead, slot));
            Bound(scores, _group, rows);
            for (int i = 0; i < _group; i++)
            {
                Span<float> seen = new(scores + (i * BlockRows), rows);
                Hide(seen, slot, _slice.Position);
                if (raw is not null)
                    seen.CopyTo(new Span<float>(raw + ((long)(firstHead + i) * _slice.Count) + slot, rows));
            }

            AttentionKernel<TVector, TStored>.Fold(scores, _group, values, rows, _width, largest, sums, result, stride,
                Scales(_slice.ValueScales, sharedHead, slot));
        }

        for (int i = 0; i < _group; i++)
            (result[(i * stride) + _width], result[(i * stride) + _width + 1]) = (largest[i], sums[i]);
    }

    /// <summary>Consecutive queries of a head over all rows that they see.</summary>
    private void PrefillTile(int head, int firstRow, int count)
    {
        int sharedHead = head / _group;
        int stride = _job.Heads * _width;
        int old = _slice.Count - _slice.Rows;
        int visible = old + firstRow + count;

        // The running results: over all rows so far (o in the output), and over the current segment.
        float* output = _job.Output + ((((long)_slice.FirstRow + firstRow) * _job.Heads) + head) * _width;
        bool needsAll = _slice.Sums is not null;
        using ThreadScratch.Scope rented = ThreadScratch.Rent((long)count * (BlockRows + _width + 4 + (needsAll ? visible : 0)));
        float* scores = rented.Pointer;
        float* segment = scores + (count * BlockRows);
        float* largest = segment + ((long)count * _width), sums = largest + count, segmentLargest = sums
            + count, segmentSums = segmentLargest + count;
        float* raw = needsAll ? segmentSums + count : null;
        for (int i = 0; i < count; i++)
        {
            new Span<float>(output + ((long)i * stride), _width).Clear();
            (largest[i], sums[i]) = _job.Start(head);
        }

        for (int first = 0; first < visible; first += AttentionJob.SegmentRows)
        {
            for (int i = 0; i < count; i++)
                Start(segment + ((long)i * _width), segmentLargest + i, segmentSums + i);
            int end = Math.Min(visible, first + AttentionJob.SegmentRows);
            for (int slot = first; slot < end; slot += BlockRows)
            {
                int rows = Math.Min(BlockRows, end - slot);
                AttentionKernel<TVector, TStored>.Scores(Query(firstRow, head), stride, count, Row(_slice.Keys, sharedHead, slot), rows,
                    _width, scores, null);
                AttentionKernel<TVector, TStored>.ScaleRows(scores, count, rows, Scales(_slice.KeyScales, sharedHead, slot));
                Bound(scores, count, rows);
                for (int i = 0; i < count; i++)
                {
                    int seen = Math.Clamp(old + firstRow + i + 1 - slot, 0, rows);
                    Span<float> row = new(scores + (i * BlockRows), rows);
                    Hide(row[..seen], slot, _slice.Position + firstRow + i);
                    row[seen..].Fill(float.NegativeInfinity);
                    if (needsAll)
                        row.CopyTo(new Span<float>(raw + ((long)i * visible) + slot, rows));
                    else if (_slice.LastQuery is not null && firstRow + i == _slice.Rows - 1)
                        row.CopyTo(new Span<float>(_slice.LastQuery + ((long)head * _slice.Count) + slot, rows));
                }

                AttentionKernel<TVector, TStored>.Fold(scores, count, Row(_slice.Values, sharedHead, slot), rows, _width, segmentLargest,
                    segmentSums, segment, _width, Scales(_slice.ValueScales, sharedHead, slot));
            }

            for (int i = 0; i < count; i++)
            {
                AttentionKernel<TVector, TStored>.Merge(output + ((long)i * stride), ref largest[i], ref sums[i],
                    segment + ((long)i * _width), segmentLargest[i], segmentSums[i], _width);
            }
        }

        for (int i = 0; i < count; i++)
        {
            AttentionKernel<TVector, TStored>.Scale(output + ((long)i * stride), _width, 1 / sums[i]);
            GiveWeights(head, firstRow + i, raw is null ? null : raw + ((long)i * visible), visible, largest[i], sums[i]);
        }
    }

    /// <summary>Writes or adds the weights of a prompt's query where a policy reads them.</summary>
    private void GiveWeights(int head, int row, float* raw, int visible, float largest, float sum)
    {
        float* lastQuery = _slice.LastQuery is not null && row == _slice.Rows - 1 ? _slice.LastQuery + ((long)head * _slice.Count) : null;
        if (raw is null)
        {
            if (lastQuery is not null)
                AttentionKernel<TVector, TStored>.Weights(lastQuery, visible, largest, sum);
            return;
        }

        AttentionKernel<TVector, TStored>.Weights(raw, visible, largest, sum);
        Span<float> weights = new(raw, visible), sums = new(_slice.Sums + ((long)head * _slice.Count), visible);
        TensorPrimitives.Add(sums, weights, sums);
        if (lastQuery is not null)
            weights.CopyTo(new Span<float>(lastQuery, visible));
    }

    /// <summary>Bounds a block's scores, <c>[count × BlockRows]</c>, of which the first of each row belong to rows.</summary>
    private void Bound(float* scores, int count, int rows)
    {
        if (_job.SoftCap == 0)
            return;
        for (int i = 0; i < count; i++)
            SoftCap.Apply(new Span<float>(scores + (i * BlockRows), rows), 1, _job.SoftCap);
    }

    /// <summary>Hides the rows before the sliding window of a layer.</summary>
    private void Hide(Span<float> scores, int slot, long position)
    {
        if (_job.SlidingWindow == 0)
            return;
        for (int i = 0; i < scores.Length; i++)
        {
            if (_slice.Positions[slot + i] <= position - _job.SlidingWindow)
                scores[i] = float.NegativeInfinity;
        }
    }

    private void Start(float* output, float* largest, float* sum)
    {
        new Span<float>(output, _width).Clear();
        (*largest, *sum) = (float.MinValue, 0);
    }

    private float* Query(int row, int head) => _job.Query + ((((long)_slice.FirstRow + row) * _job.Heads) + head) * _width;

    private ushort* Scales(ushort* scales, int head, int slot) =>
        scales is null ? null : scales + ((long)head * _slice.Capacity) + slot;

    private TStored* Row(byte* rows, int head, int slot) => (TStored*)rows + ((((long)head * _slice.Capacity) + slot) * _width);
}
