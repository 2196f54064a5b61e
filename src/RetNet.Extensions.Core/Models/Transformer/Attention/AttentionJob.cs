using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Models.Transformer.Attention;

/// <summary>Softmax attention of a layer over the multi-state: an index is a unit of a sequence's work, see <see cref="Units"/>.</summary>
/// <remarks>
/// Old rows come first and are all visible; the new rows follow in order, and a query sees those up to its own. When a sequence has one new
/// token, a unit is a segment of rows of a key-value head: its rows are read once for all query heads that share them, and a long
/// multi-state keeps all threads busy even with one head; <see cref="AttentionMergeJob"/> follows. When it has more, a unit is a query
/// head.
/// </remarks>
internal readonly unsafe struct AttentionJob : IRangeJob
{
    /// <summary>Rows of a segment, which is attended to on its own and then merged; the number is fixed, so that results do not depend on
    /// threads or batch.</summary>
    public const int SegmentRows = 512;

    public required AttentionSlice* Slices { get; init; }

    /// <summary>Rotated and scaled queries, <c>[rows × H × w]</c>.</summary>
    public required float* Query { get; init; }

    /// <summary><c>[rows × H × w]</c>.</summary>
    public required float* Output { get; init; }

    public required int Heads { get; init; }

    public required int KeyValueHeads { get; init; }

    public required int HeadWidth { get; init; }

    /// <summary>How many keys a query sees, its own included; 0 for all.</summary>
    public required int SlidingWindow { get; init; }

    /// <summary>Bounds the scores to cap · tanh(x / cap); 0 for none.</summary>
    public float SoftCap { get; init; }

    /// <summary>A score of each head that takes part in the softmax and that no value belongs to, <c>[H]</c>; null for none.</summary>
    public float* Sinks { get; init; }

    /// <summary>m and ℓ of a head's queries before any row: those of its sink alone, if it has one.</summary>
    public (float Largest, float Sum) Start(int head) => Sinks is null ? (float.MinValue, 0) : (Sinks[head], 1);

    /// <summary>The number of segments of some rows.</summary>
    public static int SegmentsOf(int rows) => (rows + SegmentRows - 1) / SegmentRows;

    /// <summary>The number of units of a slice.</summary>
    public int Units(in AttentionSlice slice) => slice.Rows == 1
        ? KeyValueHeads * SegmentsOf(slice.Count + slice.Steps - 1) * slice.Steps
        : Heads;

    public void Run(int from, int to)
    {
        // The units of the slices follow each other.
        for (AttentionSlice* slice = Slices; from < to; slice++)
        {
            int units = Units(*slice);
            for (int unit = from; unit < Math.Min(units, to); unit++)
                RunStep(slice, unit);
            (from, to) = (Math.Max(from - units, 0), to - units);
        }
    }

    /// <summary>The tokens of a draft attend to a segment one after the other, while its rows are in the cache.</summary>
    private void RunStep(AttentionSlice* slice, int unit)
    {
        AttentionSlice* step = slice + (unit % slice->Steps);
        unit /= slice->Steps;
        if (step->Rows > 1 || unit < KeyValueHeads * SegmentsOf(step->Count))
            Run(*step, unit);
    }

    private void Run(in AttentionSlice slice, int unit)
    {
        switch (slice.Format)
        {
            case StateFormat.Int8:
                Run<StoredInt8>(slice, unit);
                break;
            case StateFormat.BFloat16:
                Run<StoredBFloat16>(slice, unit);
                break;
            default:
                Run<StoredFloat32>(slice, unit);
                break;
        }
    }

    private void Run<TStored>(in AttentionSlice slice, int unit)
        where TStored : unmanaged, IStoredValue<TStored>
    {
        if (VectorWidth.Is512)
            new AttentionHead<FloatVector512, TStored>(this, slice).Run(unit);
        else if (VectorWidth.Is256)
            new AttentionHead<FloatVector256, TStored>(this, slice).Run(unit);
        else
            new AttentionHead<FloatVector128, TStored>(this, slice).Run(unit);
    }
}

/// <summary>One sequence's rows of a wave, as the attention kernel needs them.</summary>
internal unsafe struct AttentionSlice
{
    /// <summary>The block's first row in the wave.</summary>
    public required int FirstRow { get; init; }

    /// <summary>The number of new tokens, whose rows are the last of the multi-state.</summary>
    public required int Rows { get; init; }

    /// <summary>1; for the tokens of a draft that attend together, which are slices that follow each other, their number in the first of
    /// them and 0 in the others.</summary>
    public required int Steps { get; init; }

    /// <summary>The position of the first new token.</summary>
    public required long Position { get; init; }

    /// <summary>Rows of the multi-state, the new ones included.</summary>
    public required int Count { get; init; }

    /// <summary>Distance of the heads in rows.</summary>
    public required int Capacity { get; init; }

    /// <summary>How keys and values are kept.</summary>
    public required StateFormat Format { get; init; }

    /// <summary><c>[G × capacity × w]</c>.</summary>
    public required byte* Keys { get; init; }

    /// <summary><c>[G × capacity × w]</c>.</summary>
    public required byte* Values { get; init; }

    /// <summary>What the keys of a row are multiplied by, bfloat16, <c>[G × capacity]</c>; null for 1.</summary>
    public ushort* KeyScales { get; init; }

    /// <summary>What the values of a row are multiplied by, bfloat16, <c>[G × capacity]</c>; null for 1.</summary>
    public ushort* ValueScales { get; init; }

    /// <summary>The position of each slot.</summary>
    public required long* Positions { get; init; }

    /// <summary>Receives each head's weights of the last query, <c>[H × count]</c>; null if they are not needed.</summary>
    public required float* LastQuery { get; init; }

    /// <summary>Receives each head's weights summed over the block's queries, <c>[H × count]</c>; null if they are not needed.</summary>
    public required float* Sums { get; init; }

    /// <summary>One new token: what each segment of rows gives, <c>[segments × H × (w + 2)]</c>: o, m and ℓ; see
    /// <see cref="AttentionKernel{TVector, TStored}"/>.</summary>
    public required float* Segments { get; init; }
}

/// <summary>What follows <see cref="AttentionJob"/> for sequences with one new token: the segments' results become one. An index is a query
/// head of a sequence.</summary>
internal readonly unsafe struct AttentionMergeJob(AttentionJob job) : IRangeJob
{
    private readonly AttentionJob _job = job;

    public void Run(int from, int to)
    {
        for (int index = from; index < to; index++)
        {
            AttentionSlice slice = _job.Slices[index / _job.Heads];
            if (slice.Rows > 1)
                continue;
            if (VectorWidth.Is512)
                Merge<FloatVector512>(slice, index % _job.Heads);
            else if (VectorWidth.Is256)
                Merge<FloatVector256>(slice, index % _job.Heads);
            else
                Merge<FloatVector128>(slice, index % _job.Heads);
        }
    }

    internal void Merge<TVector>(in AttentionSlice slice, int head)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        int width = _job.HeadWidth;
        float* output = _job.Output + ((((long)slice.FirstRow * _job.Heads) + head) * width);
        new Span<float>(output, width).Clear();
        (float largest, float sum) = _job.Start(head);
        for (int segment = 0; segment < AttentionJob.SegmentsOf(slice.Count); segment++)
        {
            float* part = slice.Segments + ((((long)segment * _job.Heads) + head) * (width + 2));
            AttentionKernel<TVector, StoredFloat32>.Merge(output, ref largest, ref sum, part, part[width], part[width + 1], width);
        }

        AttentionKernel<TVector, StoredFloat32>.Scale(output, width, 1 / sum);
        float* scores = (slice.LastQuery is not null ? slice.LastQuery : slice.Sums) + ((long)head * slice.Count);
        if (slice.LastQuery is null && slice.Sums is null)
            return;
        AttentionKernel<TVector, StoredFloat32>.Weights(scores, slice.Count, largest, sum);
        if (slice.LastQuery is not null && slice.Sums is not null)
            new Span<float>(scores, slice.Count).CopyTo(new Span<float>(slice.Sums + ((long)head * slice.Count), slice.Count));
    }
}
