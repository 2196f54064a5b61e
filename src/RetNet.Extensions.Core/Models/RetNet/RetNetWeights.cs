using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>All weights of a RetNet.</summary>
internal sealed class RetNetWeights(RetNetLayout layout, WeightLoader loader, RetNetBuffers buffers) : DecoderWeights(layout, loader)
{
    /// <inheritdoc/>
    public override RetNetLayerWeights[] Layers { get; } = [.. layout.Layers.Select(layer => new RetNetLayerWeights(layer, loader))];

    /// <summary>ln γ of each head.</summary>
    public float[] LogDecay => buffers.LogDecay;

    /// <summary>Rotary angle per position of each pair of a head's values, <c>[pairs]</c>.</summary>
    public float[] Frequencies => buffers.Frequencies;
}

/// <summary>The weights of one block. Widths as in <see cref="RetNetConfiguration"/>; H heads, G key-value heads.</summary>
internal sealed unsafe class RetNetLayerWeights(RetNetLayerLayout layout, WeightLoader loader) : DecoderLayerWeights(layout, loader)
{
    /// <summary>W_q, <c>[H·dk × d]</c>.</summary>
    public WeightMatrix Query { get; } = loader.Projection(layout.Query);

    /// <summary>W_k, <c>[G·dk × d]</c>.</summary>
    public WeightMatrix Key { get; } = loader.Projection(layout.Key);

    /// <summary>W_v, <c>[G·dv × d]</c>.</summary>
    public WeightMatrix Value { get; } = loader.Projection(layout.Value);

    /// <summary>W_g, <c>[H·dv × d]</c>; null without an output gate.</summary>
    public WeightMatrix? Gate { get; } = layout.Gate is null ? null : loader.Projection(layout.Gate);

    /// <summary>The head norm's weight, <c>[dv]</c>; null for none.</summary>
    public float* HeadNorm { get; } = loader.Vector(layout.HeadNorm);
}
