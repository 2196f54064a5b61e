using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>Cuts a layer whose positions the host knows: drops the rows that the policy does not keep, and those that a sliding window
/// hides.</summary>
internal static class HostCut
{
    /// <summary>Drops rows of a layer's book.</summary>
    /// <param name="sequence">The block that was computed.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="lastQuery">The last query's average weight of each slot; null unless the policy reads it.</param>
    /// <param name="accumulated">Each slot's accumulated attention; null unless the policy reads it.</param>
    /// <returns>Where rows move.</returns>
    /// <exception cref="InvalidOperationException">The policy keeps more rows than the limit.</exception>
    public static RowMoves Apply(WaveSequence sequence, int layer, float[]? lastQuery, float[]? accumulated)
    {
        TorchTransformerState state = sequence.State;
        RowBook book = state.Book(layer);
        int? window = state.Configuration.SlidingWindow(layer);
        bool forgets = window is { } && book.Count > 0 && book.Positions[book.Order[0]] <= sequence.NextPosition - window;
        bool cuts = sequence.Cut is { } k && book.Count > k;
        if (!forgets && !cuts)
            return RowMoves.None;

        long[] positions = InOrder(book, book.Positions);
        bool[] keep = new bool[positions.Length];
        if (cuts)
        {
            Ask(state.Policy, layer, sequence.Cut!.Value, positions, lastQuery is null ? [] : InOrder(book, lastQuery),
                accumulated is null ? [] : InOrder(book, accumulated), keep);
        }
        else
        {
            Array.Fill(keep, true);
        }

        for (int i = 0; forgets && i < keep.Length; i++)
            keep[i] &= positions[i] > sequence.NextPosition - window;
        return book.Retain(keep);
    }

    private static void Ask(
        IMultiStatePolicy policy, int layer, int limit, long[] positions, float[] lastQuery, float[] accumulated, bool[] keep)
    {
        policy.Keep(
            new MultiStateRows
            {
                Layer = layer,
                Limit = limit,
                Positions = positions,
                LastQuery = lastQuery,
                Accumulated = accumulated
            }, keep);
        int kept = keep.AsSpan().Count(true);
        if (kept > limit)
        {
            throw new InvalidOperationException($"The policy '{policy.Name}' keeps {kept} rows of layer {layer}; at most {limit} may "
                + "stay.");
        }
    }

    private static T[] InOrder<T>(RowBook book, ReadOnlySpan<T> perSlot)
    {
        ReadOnlySpan<int> order = book.Order;
        T[] values = new T[order.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = perSlot[order[i]];
        return values;
    }
}
