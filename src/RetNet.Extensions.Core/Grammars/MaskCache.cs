namespace RetNet.Extensions.Core.Grammars;

/// <summary>The masks of the states asked for last, in storage that is reused.</summary>
/// <param name="length">Words of a mask.</param>
internal sealed class MaskCache(int length)
{
    private const int Bytes = 8 << 20;

    // The state of a mask that was not finished.
    private const int None = int.MinValue;

    private readonly Dictionary<int, int> _slots = [];
    private readonly List<(ulong[] Mask, int State)> _masks = [];
    private readonly int _capacity = Math.Max(4, Bytes / (8 * Math.Max(length, 1)));
    private int _oldest;

    /// <summary>The bytes that it holds.</summary>
    public long ByteSize => 8L * length * _masks.Count;

    /// <summary>The mask of a state.</summary>
    /// <param name="state">The state.</param>
    /// <param name="mask">Its mask, or cleared storage to be filled with it.</param>
    /// <returns>Whether the mask was there.</returns>
    public bool TryGet(int state, out ulong[] mask)
    {
        if (_slots.TryGetValue(state, out int slot))
        {
            mask = _masks[slot].Mask;
            return true;
        }

        if (_masks.Count < _capacity)
        {
            slot = _masks.Count;
            _masks.Add((new ulong[length], state));
        }
        else
        {
            slot = _oldest;
            _oldest = (_oldest + 1) % _capacity;
            _slots.Remove(_masks[slot].State);
            Array.Clear(_masks[slot].Mask);
            _masks[slot] = (_masks[slot].Mask, state);
        }

        _slots.Add(state, slot);
        mask = _masks[slot].Mask;
        return false;
    }

    /// <summary>Forgets the mask of a state, which could not be worked out.</summary>
    public void Forget(int state)
    {
        if (!_slots.Remove(state, out int slot))
            return;
        Array.Clear(_masks[slot].Mask);
        _masks[slot] = (_masks[slot].Mask, None);
    }

    /// <summary>Forgets all masks.</summary>
    public void Clear()
    {
        _slots.Clear();
        _masks.Clear();
        _oldest = 0;
    }
}
