namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>A sequence's place in a slab.</summary>
/// <param name="Slab">The slab.</param>
/// <param name="Index">The place, from 0.</param>
internal readonly record struct Slot(Slab Slab, int Index)
{
    /// <summary>A sequence's part of one of the slab's tensors.</summary>
    /// <param name="tensor">The tensor's number.</param>
    /// <returns><c>[layers × …]</c>, a view.</returns>
    public Tensor View(int tensor) => Slab.Tensors[tensor].select(1, Index);
}
