
namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>The weights that every decoder has, on the device. Model width d.</summary>
internal abstract class TorchWeights
{
    /// <summary><c>[vocabulary × d]</c>.</summary>
    public required Tensor Embedding { get; init; }

    /// <summary>The blocks, in order.</summary>
    public abstract TorchLayerWeights[] Layers { get; }

    /// <summary>n_f, <c>[d]</c>, float32.</summary>
    public required Tensor FinalNorm { get; init; }

    /// <summary>W_lm, <c>[vocabulary × d]</c>; the embedding when they are tied.</summary>
    public required Tensor Head { get; init; }

    /// <summary>Rotary angle per position of each pair of a head's values, <c>[pairs]</c>, float32.</summary>
    public required Tensor Frequencies { get; init; }
}
