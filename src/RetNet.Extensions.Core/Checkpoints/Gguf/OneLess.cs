using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>The weights of a norm that a file holds with 1 added, without it: Gemma's, which transformers adds when it
/// normalises.</summary>
internal sealed unsafe class OneLess : ITensorStore
{
    private readonly TensorView _source;

    private OneLess(TensorView source) => _source = source;

    public string Path => _source.File;

    byte* ITensorStore.Memory => null;

    /// <summary>A tensor of the weights.</summary>
    /// <exception cref="CheckpointException">The file's are of another type than F32.</exception>
    public static TensorView Of(TensorView norm) => norm.Type == TensorType.Float32
        ? new TensorView(new OneLess(norm), norm.Name, norm.Type, norm.Shape.ToArray(), offset: 0, norm.ByteLength)
        : throw norm.RefusedType("F32, the type of norms");

    void ITensorStore.Read(long offset, Span<byte> target)
    {
        _source.ReadBytes(offset, target);
        foreach (ref float weight in MemoryMarshal.Cast<byte, float>(target))
            weight -= 1;
    }
}
