using RetNet.Extensions.Core.Devices;

namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>Hands out places for states of one size. Thread-safe.</summary>
/// <remarks>
/// Slabs grow with the number of sequences, so that few slabs hold many neighbours, and an empty slab is released. New sequences
/// take the first free place, which keeps those of a running batch together.
/// </remarks>
/// <param name="allocate">Creates the tensors of a slab for a number of places, owned by the pool; throws a <see
/// cref="DeviceMemoryException"/> if there is no room.</param>
/// <param name="slotBytes">Bytes of one place.</param>
internal sealed class SlotPool(Func<int, Tensor[]> allocate, long slotBytes)
{
    private const int MostSlots = 64;
    private const long MostBytes = 1L << 30;

    private readonly Lock _gate = new();
    private readonly List<Slab> _slabs = [];
    private int _taken;

    /// <summary>Takes a place.</summary>
    /// <param name="fill">Writes its content, which is undefined before. If that fails, the place is free again.</param>
    public Slot Rent(Action<Slot> fill)
    {
        Slot slot = Take();
        try
        {
            using DisposeScope scope = torch.NewDisposeScope();
            fill(slot);
            return slot;
        }
        catch
        {
            Return(slot);
            throw;
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

    private Slot Take()
    {
        lock (_gate)
        {
            foreach (Slab slab in _slabs)
            {
                int index = slab.Take();
                if (index >= 0)
                    return Taken(slab, index);
            }

            Slab added = Add();
            _slabs.Add(added);
            return Taken(added, added.Take());
        }
    }

    // As many new places as are taken, within limits; one if there is no room for more.
    private Slab Add()
    {
        int slots = (int)Math.Max(1, Math.Min(Math.Min(_taken, MostSlots), MostBytes / slotBytes));
        try
        {
            return new Slab(allocate(slots), slots);
        }
        catch (DeviceMemoryException) when (slots > 1)
        {
            return new Slab(allocate(1), 1);
        }
    }

    private Slot Taken(Slab slab, int index)
    {
        _taken++;
        return new Slot(slab, index);
    }
}
