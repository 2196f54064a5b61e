using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Retention;

/// <summary>The weights of one block. Widths as in <see cref="RetNetConfiguration"/>; H heads, G key-value heads.</summary>
internal sealed unsafe class RetNetLayerWeights : DecoderLayerWeights
{
    /// <summary>n1, <c>[d]</c>.</summary>
    public required float* RetentionNorm { get; init; }

    /// <summary>W_q, <c>[H·dk × d]</c>.</summary>
    public required WeightMatrix Query { get; init; }

    /// <summary>W_k, <c>[G·dk × d]</c>.</summary>
    public required WeightMatrix Key { get; init; }

    /// <summary>W_v, <c>[G·dv × d]</c>.</summary>
    public required WeightMatrix Value { get; init; }

    /// <summary>W_g, <c>[H·dv × d]</c>; null without an output gate.</summary>
    public required WeightMatrix? Gate { get; init; }

    /// <summary>W_o, <c>[d × H·dv]</c>.</summary>
    public required WeightMatrix Output { get; init; }

    /// <summary>The head norm's weight, <c>[dv]</c>; null for none.</summary>
    public required float* HeadNorm { get; init; }
}
