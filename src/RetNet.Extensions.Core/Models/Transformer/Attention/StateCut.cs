using System.Numerics.Tensors;

namespace RetNet.Extensions.Core.Models.Transformer.Attention;

/// <summary>Cuts a layer's multi-state after a step: what the policy drops goes, then what a sliding window hides.</summary>
internal sealed unsafe class StateCut
{
    private long[] _positions = [];
    private float[] _lastQuery = [];
    private float[] _accumulated = [];
    private float[] _perSlot = [];
    private bool[] _keep = [];
    private int[] _newSlots = [];

    /// <summary>What undoes the cuts within a draft.</summary>
    public DraftUndo Undo { get; } = new();

    /// <summary>Adds a block's attention to the rows' accumulated attention, averaged over the heads.</summary>
    public static void Accumulate(LayerRows rows, AttentionSlice slice, int heads)
    {
        Span<float> accumulated = new(rows.Accumulated, slice.Count);
        for (int head = 0; head < heads; head++)
        {
            TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>(slice.Sums + ((long)head * slice.Count), slice.Count), 1f / heads,
                accumulated, accumulated);
        }
    }

    /// <summary>Drops the rows that no later query of a layer with a sliding window can see.</summary>
    public void Forget(LayerRows rows, long nextPosition, int window)
    {
        Reserve(rows.Count);
        ReadOnlySpan<int> order = rows.Order;
        if (order.IsEmpty || rows.Positions[order[0]] > nextPosition - window)
            return;
        Span<bool> keep = _keep.AsSpan(0, rows.Count);
        for (int i = 0; i < keep.Length; i++)
            keep[i] = rows.Positions[order[i]] > nextPosition - window;
        rows.Retain(keep, _newSlots, Undo);
    }

    /// <summary>Asks the policy which rows stay, when there are more than <paramref name="limit"/>.</summary>
    /// <param name="rows">The layer's rows.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="limit">k.</param>
    /// <param name="slice">The step's last block; its last query's weights are read when the policy needs them.</param>
    /// <param name="heads">The number of query heads.</param>
    /// <exception cref="InvalidOperationException">The policy keeps more rows than the limit.</exception>
    public void Apply(LayerRows rows, int layer, IMultiStatePolicy policy, int limit, AttentionSlice slice, int heads)
    {
        int count = rows.Count;
        if (count <= limit)
            return;
        Reserve(count);
        ReadOnlySpan<int> order = rows.Order;
        for (int i = 0; i < count; i++)
            _positions[i] = rows.Positions[order[i]];
        Span<bool> keep = _keep.AsSpan(0, count);
        keep.Clear();
        policy.Keep(
            new MultiStateRows
            {
                Layer = layer,
                Limit = limit,
                Positions = _positions.AsSpan(0, count),
                LastQuery = (policy.Needs & AttentionNeeds.LastQuery) != 0 ? AverageLastQuery(order, slice, heads) : [],
                Accumulated = (policy.Needs & AttentionNeeds.Accumulated) != 0
                    ? InOrder(order, new ReadOnlySpan<float>(rows.Accumulated, count), _accumulated)
                    : [],
            },
            keep);
        int kept = keep.Count(true);
        if (kept > limit)
        {
            throw new InvalidOperationException($"The policy '{policy.Name}' keeps {kept} rows of layer {layer}; at most {limit} may "
                + "stay.");
        }

        rows.Retain(keep, _newSlots, Undo);
    }

    private ReadOnlySpan<float> AverageLastQuery(ReadOnlySpan<int> order, AttentionSlice slice, int heads)
    {
        Span<float> average = _perSlot.AsSpan(0, order.Length);
        average.Clear();
        for (int head = 0; head < heads; head++)
            TensorPrimitives.Add(average, new ReadOnlySpan<float>(slice.LastQuery + ((long)head * slice.Count), slice.Count), average);
        TensorPrimitives.Divide(average, (float)heads, average);
        return InOrder(order, average, _lastQuery);
    }

    private static ReadOnlySpan<float> InOrder(ReadOnlySpan<int> order, ReadOnlySpan<float> perSlot, float[] target)
    {
        for (int i = 0; i < order.Length; i++)
            target[i] = perSlot[order[i]];
        return target.AsSpan(0, order.Length);
    }

    private void Reserve(int count)
    {
        if (_keep.Length >= count)
            return;
        int length = Math.Max(count, _keep.Length * 2);
        (_positions, _lastQuery, _accumulated, _perSlot, _keep, _newSlots) =
            (new long[length], new float[length], new float[length], new float[length], new bool[length], new int[length]);
    }
}
