namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>Sequences of a wave, one row each, whose states are neighbours in a slab: computed together, without a copy of their
/// states.</summary>
/// <param name="Slab">The slab.</param>
/// <param name="FirstSlot">The first sequence's place.</param>
/// <param name="Rows">The row of each sequence in the wave, in the order of the places.</param>
/// <param name="Index">The rows on the device, <c>[n]</c>; null where they follow each other.</param>
internal sealed record SlotRun(Slab Slab, int FirstSlot, int[] Rows, Tensor? Index)
{
    /// <summary>The number of sequences n.</summary>
    public int Count => Rows.Length;

    /// <summary>Finds the runs among sequences.</summary>
    /// <param name="members">Each sequence's place and row.</param>
    /// <param name="device">Where they are computed.</param>
    /// <returns>The runs; their tensors belong to the dispose scope of the wave.</returns>
    public static List<SlotRun> Find(IEnumerable<(Slot Slot, int Row)> members, torch.Device device)
    {
        List<SlotRun> runs = [];
        foreach (IGrouping<Slab, (Slot Slot, int Row)> group in members.GroupBy(member => member.Slot.Slab))
        {
            (Slot Slot, int Row)[] sorted = [.. group.OrderBy(member => member.Slot.Index)];
            int first = 0;
            for (int i = 1; i <= sorted.Length; i++)
            {
                if (i < sorted.Length && sorted[i].Slot.Index == sorted[i - 1].Slot.Index + 1)
                    continue;
                int[] rows = [.. sorted[first..i].Select(member => member.Row)];
                bool follow = !rows.Where((row, at) => row != rows[0] + at).Any();
                runs.Add(new SlotRun(group.Key, sorted[first].Slot.Index, rows, follow ? null : torch.tensor(rows, torch.int64, device)));
                first = i;
            }
        }

        return runs;
    }

    /// <summary>The sequences' parts of one of the slab's tensors in a layer.</summary>
    /// <returns><c>[n × …]</c>, a contiguous view.</returns>
    public Tensor View(int tensor, int layer) => Slab.Tensors[tensor].select(0, layer).narrow(0, FirstSlot, Count);

    /// <summary>The sequences' rows of a wave.</summary>
    /// <param name="wave"><c>[rows × …]</c>.</param>
    /// <returns><c>[n × …]</c>, a view where the rows lie in the order of the places.</returns>
    public Tensor Take(Tensor wave) => Index is null ? wave.narrow(0, Rows[0], Count) : wave.index_select(0, Index);

    /// <summary>Writes the sequences' rows of a wave.</summary>
    /// <param name="wave"><c>[rows × …]</c>.</param>
    /// <param name="values"><c>[n × …]</c>.</param>
    public void Put(Tensor wave, Tensor values)
    {
        if (Index is null)
            wave.narrow(0, Rows[0], Count).copy_(values);
        else
            wave.index_copy_(0, Index, values);
    }
}
