using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.RetNet;

/// <summary>All weights of a RetNet on the device.</summary>
internal sealed class TorchRetNetWeights(RetNetLayout layout, TorchWeightLoader loader, RetNetBuffers buffers)
    : TorchWeights(layout, loader, buffers.Frequencies)
{
    /// <inheritdoc/>
    public override TorchRetNetLayerWeights[] Layers { get; } =
        [.. layout.Layers.Select(layer => new TorchRetNetLayerWeights(layer, loader))];

    /// <summary>ln γ of each head.</summary>
    public float[] LogDecay { get; } = buffers.LogDecay;
}

/// <summary>The weights of one block.</summary>
internal sealed class TorchRetNetLayerWeights(RetNetLayerLayout layout, TorchWeightLoader loader) : TorchLayerWeights(layout, loader)
{
    /// <summary>The head norm's weight, <c>[dv]</c>, float32; null for none.</summary>
    public Tensor? HeadNorm { get; } = loader.OptionalVector(layout.HeadNorm);
}
