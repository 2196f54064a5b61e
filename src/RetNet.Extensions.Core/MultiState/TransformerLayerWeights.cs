using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.MultiState;

/// <summary>The weights of one block. H query heads, G key-value heads of width w.</summary>
internal sealed unsafe class TransformerLayerWeights : DecoderLayerWeights
{
    /// <summary><c>[d]</c>.</summary>
    public required float* AttentionNorm { get; init; }

    /// <summary><c>[H·w × d]</c>.</summary>
    public required WeightMatrix Query { get; init; }

    /// <summary><c>[G·w × d]</c>.</summary>
    public required WeightMatrix Key { get; init; }

    /// <summary><c>[G·w × d]</c>.</summary>
    public required WeightMatrix Value { get; init; }

    /// <summary><c>[d × H·w]</c>.</summary>
    public required WeightMatrix Output { get; init; }

    /// <summary><c>[H·w]</c>; null for none.</summary>
    public required float* QueryBias { get; init; }

    /// <summary><c>[G·w]</c>; null for none.</summary>
    public required float* KeyBias { get; init; }

    /// <summary><c>[G·w]</c>; null for none.</summary>
    public required float* ValueBias { get; init; }

    /// <summary><c>[d]</c>; null for none.</summary>
    public required float* OutputBias { get; init; }

    /// <summary>Qwen3's norm of each head's query, <c>[w]</c>; null for none.</summary>
    public required float* QueryNorm { get; init; }

    /// <summary>Qwen3's norm of each head's key, <c>[w]</c>; null for none.</summary>
    public required float* KeyNorm { get; init; }
}
