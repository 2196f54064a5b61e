namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>A RetNet's block.</summary>
internal sealed class TrainableRetNetLayerWeights : TrainableLayerWeights
{
    /// <summary>The weight of each head's norm, <c>[dv]</c>; null for none.</summary>
    public required Tensor? HeadNorm { get; init; }
}
