using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.MultiState;

/// <summary>Softmax attention of a layer over the multi-state: an index is a unit of a sequence's work, see <see cref="Units"/>.</summary>
/// <remarks>
/// Old rows come first and are all visible; the new rows follow in order, and a query sees those up to its own. When a sequence has one new
/// token, a unit is a segment of rows of a key-value head: its rows are read once for all query heads that share them, and a long
/// multi-state keeps all threads busy even with one head; <see cref="AttentionMergeJob"/> follows. When it has more, a unit is a query head.
/// </remarks>
internal readonly unsafe struct AttentionJob : IRangeJob
{
    /// <summary>Rows that are attended to on their own and then merged: the same however the rows are worked off.</summary>
    public const int SegmentRows = 512;

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

    /// <summary>The number of segments of some rows.</summary>
    public static int SegmentsOf(int rows) => (rows + SegmentRows - 1) / SegmentRows;

    /// <summary>The number of units of a slice.</summary>
    public int Units(in AttentionSlice slice) => slice.Rows == 1 ? KeyValueHeads * SegmentsOf(slice.Count) : Heads;

    public void Run(int from, int to)
    {
        // The units of the slices follow each other.
        for (AttentionSlice* slice = Slices; from < to; slice++)
        {
            int units = Units(*slice);
            for (int unit = from; unit < Math.Min(units, to); unit++)
                Run(*slice, unit);
            (from, to) = (Math.Max(from - units, 0), to - units);
        }
    }

    private void Run(in AttentionSlice slice, int unit)
    {
        if (slice.Format == StateFormat.BFloat16)
            Run<StoredBFloat16>(slice, unit);
        else
            Run<StoredFloat32>(slice, unit);
    }

    private void Run<TStored>(in AttentionSlice slice, int unit)
        where TStored : unmanaged, IStoredFloat<TStored>
    {
        if (VectorWidth.Is512)
            new AttentionHead<FloatVector512, TStored>(this, slice).Run(unit);
        else if (VectorWidth.Is256)
            new AttentionHead<FloatVector256, TStored>(this, slice).Run(unit);
        else
            new AttentionHead<FloatVector128, TStored>(this, slice).Run(unit);
    }
}
