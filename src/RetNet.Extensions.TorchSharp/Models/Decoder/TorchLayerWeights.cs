using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>The weights of a block that every decoder has. Model width d, width v of all heads' values.</summary>
internal abstract class TorchLayerWeights(DecoderLayerLayout layout, TorchWeightLoader loader)
{
    /// <summary>n1, <c>[d]</c>, float32.</summary>
    public Tensor MixingNorm { get; } = loader.Vector(layout.MixingNorm);

    /// <summary>The norm of what the first half adds, <c>[d]</c>, float32; null for none.</summary>
    public Tensor? MixingOutputNorm { get; } = loader.OptionalVector(layout.MixingOutputNorm);

    /// <summary>W_q, W_k, W_v and a RetNet's W_g, one above the other, <c>[… × d]</c>: one product serves them all.</summary>
    public Tensor Projections { get; } = loader.Matrix(layout.Projections.Weights);

    /// <summary>Their biases, one after the other; null for none.</summary>
    public Tensor? ProjectionBias { get; } = loader.Bias(layout.Projections.Biases);

    /// <summary>W_o, <c>[d × v]</c>.</summary>
    public Tensor Output { get; } = loader.Matrix(layout.Output.Weights);

    /// <summary><c>[d]</c>; null for none.</summary>
    public Tensor? OutputBias { get; } = loader.Bias(layout.Output.Biases);

    /// <summary>n2, <c>[d]</c>, float32.</summary>
    public Tensor FeedForwardNorm { get; } = loader.Vector(layout.FeedForwardNorm);

    /// <summary>The norm of what the second half adds, <c>[d]</c>, float32; null for none.</summary>
    public Tensor? FeedForwardOutputNorm { get; } = loader.OptionalVector(layout.FeedForwardOutputNorm);

    /// <summary>The feed-forward network.</summary>
    public TorchFeedForward FeedForward { get; } = loader.FeedForward(layout.FeedForward);
}
