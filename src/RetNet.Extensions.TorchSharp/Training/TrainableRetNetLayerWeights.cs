using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>A RetNet's block.</summary>
internal sealed class TrainableRetNetLayerWeights(
    RetNetLayerLayout layout, TorchParameterStore store) : TrainableLayerWeights(layout, store)
{
    /// <summary>The weight of each head's norm, <c>[dv]</c>; null for none.</summary>
    public Tensor? HeadNorm { get; } = store.OptionalLeaf(layout.HeadNorm);
}
