using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>A block's weights: what every family has. Model width d, width v of all heads' values.</summary>
internal class TrainableLayerWeights(DecoderLayerLayout layout, TorchParameterStore store)
{
    /// <summary>n1, <c>[d]</c>.</summary>
    public Tensor MixingNorm { get; } = store.Leaf(layout.MixingNorm);

    /// <summary>The norm of what the first half adds, <c>[d]</c>; null for none.</summary>
    public Tensor? MixingOutputNorm { get; } = store.OptionalLeaf(layout.MixingOutputNorm);

    /// <summary>W_q, W_k, W_v and a RetNet's W_g one below the other, <c>[… × d]</c>: one product serves them all.</summary>
    public Tensor Projections { get; } = store.Leaf(layout.Projections.Weights);

    /// <summary>Their biases, one after the other; null for none.</summary>
    public Tensor? ProjectionBias { get; } = store.OptionalLeaf(layout.Projections.Biases);

    /// <summary>W_o, <c>[d × v]</c>.</summary>
    public Tensor Output { get; } = store.Leaf(layout.Output.Weights);

    /// <summary><c>[d]</c>; null for none.</summary>
    public Tensor? OutputBias { get; } = store.OptionalLeaf(layout.Output.Biases);

    /// <summary>n2, <c>[d]</c>.</summary>
    public Tensor FeedForwardNorm { get; } = store.Leaf(layout.FeedForwardNorm);

    /// <summary>The norm of what the second half adds, <c>[d]</c>; null for none.</summary>
    public Tensor? FeedForwardOutputNorm { get; } = store.OptionalLeaf(layout.FeedForwardOutputNorm);

    /// <summary>The feed-forward network.</summary>
    public TorchFeedForward FeedForward { get; } = TorchFeedForward.Load(
        layout.FeedForward, store.Leaf, store.OptionalLeaf, store.OptionalLeaf);
}
