using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Models.Transformer.Rotations;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>All weights of a Transformer of the Llama family on the device.</summary>
internal sealed class TorchTransformerWeights(TransformerConfiguration c, TransformerLayout layout, TorchWeightLoader loader)
    : TorchWeights(layout, loader, c.ComputeRotaryFrequencies())
{
    /// <summary>Rotary angle per position of each pair in layers with local rotation, <c>[pairs]</c>, float32; null for none.</summary>
    public Tensor? LocalFrequencies { get; } = c.LayerRotations.Contains(LayerRotation.Local)
        ? loader.Vector(c.ComputeRotaryFrequencies(LayerRotation.Local))
        : null;

    /// <inheritdoc/>
    public override TorchTransformerLayerWeights[] Layers { get; } =
        [.. layout.Layers.Select(layer => new TorchTransformerLayerWeights(layer, loader))];
}

/// <summary>The weights of one block. Heads of width w.</summary>
internal sealed class TorchTransformerLayerWeights(TransformerLayerLayout layout, TorchWeightLoader loader)
    : TorchLayerWeights(layout, loader)
{
    /// <summary>The norm of queries, <c>[w]</c> or <c>[H·w]</c>, float32; null for none.</summary>
    public Tensor? QueryNorm { get; } = loader.OptionalVector(layout.QueryNorm);

    /// <summary>The norm of keys, <c>[w]</c> or <c>[G·w]</c>, float32; null for none.</summary>
    public Tensor? KeyNorm { get; } = loader.OptionalVector(layout.KeyNorm);

    /// <summary>A score of each head that no value belongs to, <c>[H]</c>, float32; null for none.</summary>
    public Tensor? Sinks { get; } = loader.OptionalVector(layout.Sinks);
}
