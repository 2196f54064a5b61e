using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.Transformer.Managed;

/// <summary>All weights of a Transformer of the Llama family.</summary>
internal sealed class TransformerWeights(TransformerLayout layout, WeightLoader loader) : DecoderWeights(layout, loader)
{
    /// <inheritdoc/>
    public override TransformerLayerWeights[] Layers { get; } =
        [.. layout.Layers.Select(layer => new TransformerLayerWeights(layer, loader))];
}

/// <summary>The weights of one block. H query heads, G key-value heads of width w.</summary>
internal sealed unsafe class TransformerLayerWeights(
    TransformerLayerLayout layout, WeightLoader loader) : DecoderLayerWeights(layout, loader)
{
    /// <summary><c>[H·w × d]</c>.</summary>
    public WeightMatrix Query { get; } = loader.Projection(layout.Query);

    /// <summary><c>[G·w × d]</c>.</summary>
    public WeightMatrix Key { get; } = loader.Projection(layout.Key);

    /// <summary><c>[G·w × d]</c>.</summary>
    public WeightMatrix Value { get; } = loader.Projection(layout.Value);

    /// <summary><c>[H·w]</c>; null for none.</summary>
    public float* QueryBias { get; } = loader.Vector(layout.QueryBias);

    /// <summary><c>[G·w]</c>; null for none.</summary>
    public float* KeyBias { get; } = loader.Vector(layout.KeyBias);

    /// <summary><c>[G·w]</c>; null for none.</summary>
    public float* ValueBias { get; } = loader.Vector(layout.ValueBias);

    /// <summary><c>[d]</c>; null for none.</summary>
    public float* OutputBias { get; } = loader.Vector(layout.OutputBias);

    /// <summary>The norm of queries, <c>[w]</c> or <c>[H·w]</c>; null for none.</summary>
    public float* QueryNorm { get; } = loader.Vector(layout.QueryNorm);

    /// <summary>The norm of keys, <c>[w]</c> or <c>[G·w]</c>; null for none.</summary>
    public float* KeyNorm { get; } = loader.Vector(layout.KeyNorm);

    /// <summary>A score of each head that no value belongs to, <c>[H]</c>; null for none.</summary>
    public float* Sinks { get; } = loader.Vector(layout.Sinks);
}
