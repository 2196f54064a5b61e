namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>A Transformer's block.</summary>
internal sealed class TrainableTransformerLayerWeights : TrainableLayerWeights
{
    /// <summary>The biases of q, k and v, one after the other; null for none.</summary>
    public required Tensor? ProjectionBias { get; init; }

    /// <summary><c>[d]</c>; null for none.</summary>
    public required Tensor? OutputBias { get; init; }

    /// <summary>The norm of each head's query, <c>[head width]</c>; null for none.</summary>
    public required Tensor? QueryNorm { get; init; }

    /// <summary>The norm of each head's key, <c>[head width]</c>; null for none.</summary>
    public required Tensor? KeyNorm { get; init; }
}
