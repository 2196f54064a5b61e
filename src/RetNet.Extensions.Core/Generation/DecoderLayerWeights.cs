using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Generation;

/// <summary>The feed-forward half of a block: model width d, inner width f.</summary>
internal abstract unsafe class DecoderLayerWeights
{
    /// <summary>n2, <c>[d]</c>.</summary>
    public required float* FeedForwardNorm { get; init; }

    /// <summary>The activated branch, <c>[f × d]</c>.</summary>
    public required WeightMatrix FeedForwardGate { get; init; }

    /// <summary>The linear branch, <c>[f × d]</c>.</summary>
    public required WeightMatrix FeedForwardUp { get; init; }

    /// <summary>Back to the model width, <c>[d × f]</c>.</summary>
    public required WeightMatrix FeedForwardDown { get; init; }
}
