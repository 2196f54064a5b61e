using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>A Transformer's block.</summary>
internal sealed class TrainableTransformerLayerWeights(TransformerLayerLayout layout, TorchParameterStore store)
    : TrainableLayerWeights(layout, store)
{
    /// <summary>The norm of each head's query, <c>[head width]</c>; null for none.</summary>
    public Tensor? QueryNorm { get; } = store.OptionalLeaf(layout.QueryNorm);

    /// <summary>The norm of each head's key, <c>[head width]</c>; null for none.</summary>
    public Tensor? KeyNorm { get; } = store.OptionalLeaf(layout.KeyNorm);

    /// <summary>A score of each head that no value belongs to, <c>[H]</c>; null for none.</summary>
    public Tensor? Sinks { get; } = store.OptionalLeaf(layout.Sinks);
}
