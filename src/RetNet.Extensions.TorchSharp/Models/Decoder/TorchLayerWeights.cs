namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>The feed-forward half of a block: model width d, inner width f.</summary>
internal abstract class TorchLayerWeights
{
    /// <summary>n2, <c>[d]</c>, float32.</summary>
    public required Tensor FeedForwardNorm { get; init; }

    /// <summary>The activated branch above the linear one, <c>[2f × d]</c>: one product serves both.</summary>
    public required Tensor FeedForwardGateUp { get; init; }

    /// <summary>Back to the model width, <c>[d × f]</c>.</summary>
    public required Tensor FeedForwardDown { get; init; }
}
