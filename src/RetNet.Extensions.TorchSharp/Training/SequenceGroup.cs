namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>Sequences of a batch that are computed side by side, padded at their ends to T tokens.</summary>
/// <param name="members">Their numbers in the batch.</param>
/// <param name="length">T.</param>
/// <param name="position">The position of their first tokens.</param>
/// <param name="rows">The row of the batch for each token, <c>[B·T]</c>; null where they are all rows in order.</param>
/// <param name="device">The device.</param>
internal sealed class SequenceGroup(int[] members, int length, long position, Tensor? rows, torch.Device device)
{
    /// <summary>T.</summary>
    public int Length => length;

    /// <summary>The position of their first tokens.</summary>
    public long Position => position;

    /// <summary>Their numbers in the batch, <c>[B]</c>.</summary>
    public Tensor Members { get; } = torch.tensor(members.Select(member => (long)member).ToArray(), torch.int64, device);

    /// <summary>The group's rows, heads first.</summary>
    /// <param name="x"><c>[rows × H × width]</c>.</param>
    /// <returns><c>[B × H × T × width]</c>.</returns>
    public Tensor Take(Tensor x)
    {
        Tensor own = rows is null ? x : x.index_select(0, rows);
        return own.reshape(members.Length, length, x.size(1), x.size(2)).transpose(1, 2);
    }
}
