using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.RetNet;

/// <summary>The weights of one block. H heads, G key-value heads.</summary>
internal sealed class TorchRetNetLayerWeights : TorchLayerWeights
{
    /// <summary>n1, <c>[d]</c>, float32.</summary>
    public required Tensor RetentionNorm { get; init; }

    /// <summary>W_q, W_k, W_v and, where there is one, W_g, one above the other, <c>[H·dk + G·dk + G·dv (+ H·dv) × d]</c>: one product
    /// serves them all.</summary>
    public required Tensor QueryKeyValueGate { get; init; }

    /// <summary>W_o, <c>[d × H·dv]</c>.</summary>
    public required Tensor Output { get; init; }

    /// <summary>The head norm's weight, <c>[dv]</c>, float32; null for none.</summary>
    public required Tensor? HeadNorm { get; init; }
}
