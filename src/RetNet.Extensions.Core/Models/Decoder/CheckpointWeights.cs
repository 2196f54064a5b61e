using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>The tensors of a checkpoint in the places of a layout. All of them are looked up before the first is copied, so that no
/// memory is reserved for a size that only the configuration names.</summary>
[Experimental("RETNET001")]
public sealed class CheckpointWeights
{
    private readonly TensorReader _tensors;

    /// <summary>Checks names, shapes and types of all tensors.</summary>
    /// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of the model.</exception>
    public CheckpointWeights(DecoderLayout layout, Checkpoint checkpoint)
    {
        _tensors = new TensorReader(checkpoint, layout.OptionalPrefix);
        foreach (WeightDeclaration weight in layout.Weights)
            Find(weight);
        foreach (WeightDeclaration buffer in layout.Buffers.Where(buffer => _tensors.Contains(buffer.Name)))
            Find(buffer);
        _tensors.RequireAllRead(layout.Ignorable);
    }

    /// <summary>The tensor of a weight of the layout.</summary>
    /// <exception cref="CheckpointException">It is NaN throughout.</exception>
    public TensorView this[WeightDeclaration weight]
    {
        get
        {
            TensorView tensor = Find(weight);
            _tensors.RequireNumbers(tensor);
            return tensor;
        }
    }

    /// <summary>The values of a buffer; null where the checkpoint leaves them to be computed.</summary>
    public float[]? Buffer(WeightDeclaration buffer)
    {
        if (!_tensors.Contains(buffer.Name))
            return null;
        float[] values = new float[buffer.Length];
        this[buffer].CopyTo(values);
        return values;
    }

    private TensorView Find(WeightDeclaration weight) => weight.Fused is { } fused && !_tensors.Contains(fused.Absent)
        ? _tensors.Find(fused.Name, [fused.Rows, weight.Shape[1]]).Rows(fused.First, weight.Shape[0])
        : _tensors.Find(weight.Name, Array.ConvertAll(weight.Shape, dimension => (long)dimension));
}
