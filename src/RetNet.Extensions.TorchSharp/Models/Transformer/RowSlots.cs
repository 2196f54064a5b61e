namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>Reads and writes rows of a layer by their slots, which differ from sequence to sequence.</summary>
/// <remarks>Rows are a slab's tensors in one layer: keys and values <c>[n × G × capacity × w]</c>, positions and accumulated attention
/// <c>[n × capacity]</c>.</remarks>
internal static class RowSlots
{
    /// <summary>Copies rows.</summary>
    /// <param name="rows">The rows of all slots.</param>
    /// <param name="slots"><c>[n × m]</c>.</param>
    /// <returns><c>[n × G × m × w]</c> or <c>[n × m]</c>.</returns>
    public static Tensor Take(Tensor rows, Tensor slots) => rows.gather(Dimension(rows), Expand(slots, rows));

    /// <summary>Writes rows.</summary>
    /// <param name="rows">The rows of all slots.</param>
    /// <param name="slots"><c>[n × m]</c>.</param>
    /// <param name="values"><c>[n × G × m × w]</c> or <c>[n × m]</c>.</param>
    public static void Put(Tensor rows, Tensor slots, Tensor values) => rows.scatter_(Dimension(rows), Expand(slots, rows), values);

    /// <summary>Moves rows with all that belongs to them.</summary>
    /// <param name="view">Each of the slab's tensors, see <see cref="RowPools"/>.</param>
    /// <param name="from">Their slots, <c>[n × m]</c>.</param>
    /// <param name="to">Their new slots, <c>[n × m]</c>.</param>
    public static void Move(Func<int, Tensor> view, Tensor from, Tensor to)
    {
        for (int tensor = RowPools.Keys; tensor <= RowPools.Accumulated; tensor++)
        {
            Tensor rows = view(tensor);
            Put(rows, to, Take(rows, from));
        }
    }

    private static int Dimension(Tensor rows) => rows.shape.Length == 4 ? 2 : 1;

    // Every head of a sequence has its rows in the same slots.
    private static Tensor Expand(Tensor slots, Tensor rows) =>
        rows.shape.Length == 4
            ? slots.reshape(slots.size(0), 1, slots.size(1), 1).expand(slots.size(0), rows.size(1), slots.size(1), rows.size(3))
            : slots;
}
