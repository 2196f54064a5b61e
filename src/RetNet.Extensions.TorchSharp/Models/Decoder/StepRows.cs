namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>Rows of a <see cref="StepOrder"/> whose states are neighbours.</summary>
/// <param name="Slot">The place of the first state.</param>
/// <param name="FirstRow">The first row.</param>
/// <param name="Count">The number of rows n.</param>
internal readonly record struct StepRows(Slot Slot, int FirstRow, int Count)
{
    /// <summary>The states' part of one of the slab's tensors.</summary>
    /// <param name="tensor">The tensor's number.</param>
    /// <param name="dimension">The dimension of the slots.</param>
    /// <returns><c>[layers × n × …]</c> where the dimension is 1; a view.</returns>
    public Tensor View(int tensor, int dimension = 1) => Slot.Slab.Tensors[tensor].narrow(dimension, Slot.Index, Count);
}
