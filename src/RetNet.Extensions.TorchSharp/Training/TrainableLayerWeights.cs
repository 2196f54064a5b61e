namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>A block's weights: what both families have. Model width d, inner widths f (feed-forward) and v (all heads' values).</summary>
internal class TrainableLayerWeights
{
    /// <summary>n1, <c>[d]</c>.</summary>
    public required Tensor MixingNorm { get; init; }

    /// <summary>W_q, W_k, W_v and a RetNet's W_g one below the other, <c>[… × d]</c>: one product serves them all.</summary>
    public required Tensor Projections { get; init; }

    /// <summary>W_o, <c>[d × v]</c>.</summary>
    public required Tensor Output { get; init; }

    /// <summary>n2, <c>[d]</c>.</summary>
    public required Tensor FeedForwardNorm { get; init; }

    /// <summary>The activated branch above the linear one, <c>[2f × d]</c>.</summary>
    public required Tensor FeedForwardGateUp { get; init; }

    /// <summary><c>[d × f]</c>.</summary>
    public required Tensor FeedForwardDown { get; init; }
}
