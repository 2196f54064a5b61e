using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>A weight of one expert in a tensor that holds those of all E experts of a block: <c>[E × rows × columns]</c>, or of a bias
/// <c>[E × rows]</c>.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Experts">E; 0 for a tensor of one network, <c>[rows × columns]</c>, as files are written.</param>
/// <param name="Expert">The expert.</param>
/// <param name="Rows">Rows of each expert in the tensor.</param>
/// <param name="First">The weight's first row of them.</param>
/// <param name="Step">Distance of the weight's rows: 2 where the rows of two weights alternate.</param>
/// <param name="IsTransposed">Whether the tensor is <c>[E × columns × rows]</c>.</param>
internal sealed record ExpertSlice(
    string Name, int Experts, int Expert, int Rows, int First = 0, int Step = 1, bool IsTransposed = false)
{
    private const int GroupSize = 32;

    private string Blocks => $"{Name}_blocks";

    private string Scales => $"{Name}_scales";

    /// <summary>Whether a checkpoint has the tensor, or the pair of tensors that stands for one of MXFP4.</summary>
    public bool IsIn(TensorReader tensors) => tensors.Contains(Name) || tensors.Contains(Blocks);

    /// <summary>The weight.</summary>
    /// <param name="tensors">The checkpoint.</param>
    /// <param name="shape"><c>[rows × columns]</c>, or <c>[rows]</c>.</param>
    /// <exception cref="CheckpointException">A tensor is missing, or of another shape or type.</exception>
    public TensorView Find(TensorReader tensors, long[] shape)
    {
        if (shape.Length == 2 && tensors.Contains(Blocks))
            return FindPacked(tensors, shape);
        TensorView all = tensors.Find(Name, shape.Length == 1 ? [Experts, Rows]
            : IsTransposed ? [Experts, shape[1], Rows] : [Experts, Rows, shape[1]]);
        long expertBytes = all.ByteLength / Experts;
        if (IsTransposed && shape.Length == 2)
            return InStore(new TransposedRows(all, Expert * expertBytes, (int)shape[1], Rows, First, Step), all, all.Type, shape);
        int rowBytes = checked((int)(expertBytes / Rows));
        long first = (Expert * expertBytes) + ((long)First * rowBytes);
        return Step == 1
            ? all.Part(first, shape)
            : InStore(new AlternatingRows(all, first, rowBytes, Step), all, all.Type, shape);
    }

    /// <summary>MXFP4 as gpt-oss has it: the four-bit numbers in one tensor and their scales in another.</summary>
    private TensorView FindPacked(TensorReader tensors, long[] shape)
    {
        long groups = (shape[1] + GroupSize - 1) / GroupSize;
        TensorView blocks = tensors.FindBytes(Blocks, [Experts, Rows, groups, GroupSize / 2]);
        TensorView scales = tensors.FindBytes(Scales, [Experts, Rows, groups]);
        if (shape[1] % GroupSize != 0)
            throw CheckpointException.ForTensor(blocks.File, Blocks, $"rows of {shape[1]}", $"a multiple of {GroupSize}");
        return InStore(new Mxfp4Rows(blocks, scales, ((long)Expert * Rows) + First, Step, (int)groups), blocks, TensorType.MXFP4, shape);
    }

    private static TensorView InStore(ITensorStore store, TensorView source, TensorType type, long[] shape) =>
        new(store, source.Name, type, shape, 0, shape[0] * StoredMatrix.Bytes(type, shape.Length == 1 ? 1 : shape[1]));
}
