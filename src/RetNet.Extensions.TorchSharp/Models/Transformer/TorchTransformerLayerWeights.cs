using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>The weights of one block. H query heads, G key-value heads of width w.</summary>
internal sealed class TorchTransformerLayerWeights : TorchLayerWeights
{
    /// <summary>n1, <c>[d]</c>, float32.</summary>
    public required Tensor AttentionNorm { get; init; }

    /// <summary>W_q, W_k and W_v, one above the other, <c>[(H + 2G)·w × d]</c>: one product serves them all.</summary>
    public required Tensor QueryKeyValue { get; init; }

    /// <summary>Their biases, <c>[(H + 2G)·w]</c>; null for none.</summary>
    public required Tensor? QueryKeyValueBias { get; init; }

    /// <summary>W_o, <c>[d × H·w]</c>.</summary>
    public required Tensor Output { get; init; }

    /// <summary><c>[d]</c>; null for none.</summary>
    public required Tensor? OutputBias { get; init; }

    /// <summary>Qwen3's norm of each head's query, <c>[w]</c>, float32; null for none.</summary>
    public required Tensor? QueryNorm { get; init; }

    /// <summary>Qwen3's norm of each head's key, <c>[w]</c>, float32; null for none.</summary>
    public required Tensor? KeyNorm { get; init; }
}
