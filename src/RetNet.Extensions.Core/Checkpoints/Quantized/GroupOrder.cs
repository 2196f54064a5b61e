using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>The group of each column of a matrix (g_idx).</summary>
internal static class GroupOrder
{
    /// <summary>Takes the groups out of the set; null where there are none, or groups are consecutive columns.</summary>
    /// <exception cref="CheckpointException">There is no such group.</exception>
    public static int[]? Take(TensorSet tensors, string name, int columns, int groupSize, int groups)
    {
        if (tensors.Take(name) is not { } tensor)
            return null;
        int[] order = StoredNumber.Raw<int>(TensorSet.Check(tensor, [TensorType.Int32], columns));
        foreach (int group in order)
        {
            if ((uint)group >= (uint)groups)
                throw CheckpointException.ForTensor(tensor.File, name, $"group {group}", $"groups from 0 to {groups - 1}");
        }

        return order.Index().All(column => column.Item == column.Index / groupSize) ? null : order;
    }
}
