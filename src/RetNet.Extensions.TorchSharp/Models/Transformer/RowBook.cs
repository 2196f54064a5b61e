using RetNet.Extensions.Core.Models.Transformer.Attention;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>What the host knows of a layer's rows: how many there are and, unless the device decides which stay, the position of each
/// slot's token.</summary>
/// <remarks>Rows lie in slots 0 … Count − 1; when rows are dropped, those of the last slots move into the holes. Layers whose rows are
/// always the same share a book.</remarks>
/// <param name="knowsPositions">False where the device decides.</param>
internal sealed class RowBook(bool knowsPositions)
{
    private long[] _positions = [];
    private int[] _order = [];

    /// <summary>Whether <see cref="Positions"/> and <see cref="Order"/> are valid.</summary>
    public bool KnowsPositions => knowsPositions;

    /// <summary>The number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>The position of each slot's token.</summary>
    public ReadOnlySpan<long> Positions => _positions.AsSpan(0, Count);

    /// <summary>The slots in ascending order of position.</summary>
    public ReadOnlySpan<int> Order => _order.AsSpan(0, Count);

    /// <summary>Appends rows at the highest positions so far.</summary>
    /// <param name="position">The first one's position; the others follow.</param>
    /// <param name="rows">Their number.</param>
    public void Append(long position, int rows)
    {
        if (knowsPositions)
        {
            Reserve(Count + rows);
            for (int i = 0; i < rows; i++)
                (_positions[Count + i], _order[Count + i]) = (position + i, Count + i);
        }

        Count += rows;
    }

    /// <summary>Records that the device has dropped rows.</summary>
    public void Shrink(int count) => Count = count;

    /// <summary>Replaces all rows.</summary>
    /// <param name="positions">The positions in the order of the slots.</param>
    public void Restore(ReadOnlySpan<long> positions)
    {
        Count = positions.Length;
        if (!knowsPositions)
            return;
        Reserve(Count);
        positions.CopyTo(_positions);
        for (int slot = 0; slot < Count; slot++)
            _order[slot] = slot;
        _order.AsSpan(0, Count).Sort((a, b) => _positions[a].CompareTo(_positions[b]));
    }

    /// <summary>Drops rows.</summary>
    /// <param name="keep">One flag per row in <see cref="Order"/>.</param>
    /// <returns>Which slots' rows move where; no slot is both.</returns>
    public RowMoves Retain(ReadOnlySpan<bool> keep)
    {
        List<long> from = [], to = [];
        int[] newSlots = new int[Count];
        int kept = SlotCompaction.Plan(_order.AsSpan(0, Count), keep, newSlots);
        for (int slot = kept; slot < Count; slot++)
        {
            if (newSlots[slot] < 0)
                continue;
            _positions[newSlots[slot]] = _positions[slot];
            from.Add(slot);
            to.Add(newSlots[slot]);
        }

        Count = kept;
        return new RowMoves([.. from], [.. to]);
    }

    /// <summary>Whether another book has the same content.</summary>
    public bool IsLike(RowBook other) =>
        knowsPositions == other.KnowsPositions && Count == other.Count && (!knowsPositions || Positions.SequenceEqual(other.Positions));

    /// <summary>An independent copy.</summary>
    public RowBook Fork()
    {
        RowBook copy = new(knowsPositions) { Count = Count };
        (copy._positions, copy._order) = ([.. _positions], [.. _order]);
        return copy;
    }

    private void Reserve(int count)
    {
        if (count <= _positions.Length)
            return;
        int length = Math.Max(count, _positions.Length * 2);
        Array.Resize(ref _positions, length);
        Array.Resize(ref _order, length);
    }
}
