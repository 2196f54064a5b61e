namespace RetNet.Extensions.TorchSharp.Generation;

/// <summary>Hands out places for states of one size. Thread-safe.</summary>
/// <remarks>
/// Slabs grow with the number of sequences, so that few slabs hold many neighbours, and one that nobody uses is released. New sequences take the first
/// free place, which keeps those of a running batch together.
/// </remarks>
/// <param name="allocate">Creates the tensors of a slab for a number of places, zeroed, owned by the pool.</param>
/// <param name="slotBytes">Bytes of one place.</param>
internal sealed class SlotPool(Func<int, Tensor[]> allocate, long slotBytes) : IDisposable
{
    private const int MostSlots = 64;
    private const long MostBytes = 1L << 30;

    private readonly Lock _gate = new();
    private readonly List<Slab> _slabs = [];
    private int _taken;
    private bool _isDisposed;

    /// <summary>Bytes of one place.</summary>
    public long SlotBytes => slotBytes;

    /// <summary>Takes a place. What is in it is undefined.</summary>
    public Slot Rent()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            foreach (Slab slab in _slabs)
            {
                int index = slab.Take();
                if (index >= 0)
                    return Taken(slab, index);
            }

            // As many places again as are taken, within limits.
            int slots = (int)Math.Max(1, Math.Min(Math.Min(_taken, MostSlots), MostBytes / slotBytes));
            Slab added = new(allocate(slots), slots);
            _slabs.Add(added);
            return Taken(added, added.Take());
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Return(Slot slot)
    {
        lock (_gate)
        {
            slot.Slab.Free(slot.Index);
            _taken--;
            if (slot.Slab.IsEmpty)
            {
                _slabs.Remove(slot.Slab);
                slot.Slab.Dispose();
            }
        }
    }

    /// <summary>No more places are handed out; the memory goes as those that are out come back.</summary>
    public void Dispose()
    {
        lock (_gate)
            _isDisposed = true;
    }

    private Slot Taken(Slab slab, int index)
    {
        _taken++;
        return new Slot(slab, index);
    }
}
