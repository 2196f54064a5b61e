namespace RetNet.Extensions.Core.Models.Transformer.Attention;

/// <summary>The new places of rows when others are dropped: those of the last slots move into the holes, so that dropping one row moves one
/// row.</summary>
internal static class SlotCompaction
{
    /// <summary>Finds each slot's new place and lists the kept slots by position.</summary>
    /// <param name="order">The slots in ascending order of position; afterwards the kept slots are listed at its start.</param>
    /// <param name="keep">One flag per row in that order.</param>
    /// <param name="newSlots">Receives for each slot its new place: its own below the number of kept rows, a hole for those behind; −1 for
    /// dropped rows.</param>
    /// <returns>The number of kept rows.</returns>
    public static int Plan(Span<int> order, ReadOnlySpan<bool> keep, Span<int> newSlots)
    {
        for (int i = 0; i < order.Length; i++)
            newSlots[order[i]] = keep[i] ? order[i] : -1;
        int kept = keep.Count(true);
        int hole = 0;
        for (int slot = kept; slot < order.Length; slot++)
        {
            if (newSlots[slot] < 0)
                continue;
            while (newSlots[hole] >= 0)
                hole++;
            newSlots[slot] = hole++;
        }

        int next = 0;
        for (int i = 0; i < order.Length; i++)
        {
            if (keep[i])
                order[next++] = newSlots[order[i]];
        }

        return kept;
    }
}
