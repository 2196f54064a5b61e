using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>All weights of a Transformer of the Llama family on the device.</summary>
internal sealed class TorchTransformerWeights(TransformerLayout layout, TorchWeightLoader loader, float[] frequencies)
    : TorchWeights(layout, loader, frequencies)
{
    /// <inheritdoc/>
    public override TorchTransformerLayerWeights[] Layers { get; } =
        [.. layout.Layers.Select(layer => new TorchTransformerLayerWeights(layer, loader))];
}

/// <summary>The weights of one block. Heads of width w.</summary>
internal sealed class TorchTransformerLayerWeights(TransformerLayerLayout layout, TorchWeightLoader loader)
    : TorchLayerWeights(layout, loader)
{
    /// <summary>Qwen3's norm of each head's query, <c>[w]</c>, float32; null for none.</summary>
    public Tensor? QueryNorm { get; } = loader.OptionalVector(layout.QueryNorm);

    /// <summary>Qwen3's norm of each head's key, <c>[w]</c>, float32; null for none.</summary>
    public Tensor? KeyNorm { get; } = loader.OptionalVector(layout.KeyNorm);

    /// <summary>A score of each head that no value belongs to, <c>[H]</c>, float32; null for none.</summary>
    public Tensor? Sinks { get; } = loader.OptionalVector(layout.Sinks);
}
