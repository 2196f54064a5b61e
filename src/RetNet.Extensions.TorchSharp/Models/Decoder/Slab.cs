namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>Device memory for the states of a few sequences: tensors that have one place for each, so that neighbours are computed
/// together.</summary>
/// <param name="tensors">The tensors, each <c>[layers × slots × …]</c>. They belong to the slab.</param>
/// <param name="slots">The number of places.</param>
internal sealed class Slab(Tensor[] tensors, int slots) : IDisposable
{
    private readonly bool[] _taken = new bool[slots];

    /// <summary>The tensors, each <c>[layers × slots × …]</c>.</summary>
    public Tensor[] Tensors => tensors;

    /// <summary>Whether no place is taken.</summary>
    public bool IsEmpty => !_taken.Contains(true);

    /// <summary>Takes the first free place; −1 when there is none.</summary>
    public int Take()
    {
        int slot = Array.IndexOf(_taken, false);
        if (slot >= 0)
            _taken[slot] = true;
        return slot;
    }

    public void Free(int slot) => _taken[slot] = false;

    public void Dispose()
    {
        foreach (Tensor tensor in tensors)
            tensor.Dispose();
    }
}
