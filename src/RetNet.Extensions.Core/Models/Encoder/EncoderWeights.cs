using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.Encoder;

/// <summary>All weights of an encoder.</summary>
internal sealed unsafe class EncoderWeights(EncoderConfiguration configuration, EncoderLayout layout, WeightLoader loader)
{
    /// <summary><c>[vocabulary × d]</c>.</summary>
    public EmbeddingTable Tokens { get; } = loader.Embedding(layout.Tokens, head: null);

    /// <summary><c>[positions × d]</c>; null for none.</summary>
    public float* Positions { get; } = loader.Vector(layout.Positions);

    /// <summary><c>[types × d]</c>; null for none.</summary>
    public float* TokenTypes { get; } = loader.Vector(layout.TokenTypes);

    public EncoderNorm EmbeddingNorm { get; } = new(layout.EmbeddingNorm, loader);

    public EncoderLayerWeights[] Layers { get; } = [.. layout.Layers.Select(layer => new EncoderLayerWeights(layer, loader))];

    /// <summary>Null for none.</summary>
    public EncoderNorm? FinalNorm { get; } = layout.FinalNorm is { } norm ? new EncoderNorm(norm, loader) : null;

    /// <summary>Rotary angle per position of each pair of a head's values, <c>[pairs]</c>; empty without rotation.</summary>
    public float[] Frequencies { get; } = Angles(configuration.RopeTheta, configuration.HeadWidth);

    /// <summary>The same for layers with a window.</summary>
    public float[] WindowFrequencies { get; } = Angles(configuration.Window?.RopeTheta ?? 0, configuration.HeadWidth);

    private static float[] Angles(double theta, int width) =>
        theta == 0 ? [] : [.. Enumerable.Range(0, width / 2).Select(i => 1f / (float)Math.Pow(theta, 2.0 * i / width))];
}

/// <summary>The weights of one layer.</summary>
internal sealed class EncoderLayerWeights(EncoderLayerLayout layout, WeightLoader loader)
{
    /// <summary>Null for none.</summary>
    public EncoderNorm? AttentionNorm { get; } = layout.AttentionNorm is { } norm ? new EncoderNorm(norm, loader) : null;

    /// <summary><c>[d × d]</c>.</summary>
    public EncoderLinear Query { get; } = new(layout.Query, loader);

    /// <summary><c>[d × d]</c>.</summary>
    public EncoderLinear Key { get; } = new(layout.Key, loader);

    /// <summary><c>[d × d]</c>.</summary>
    public EncoderLinear Value { get; } = new(layout.Value, loader);

    /// <summary><c>[d × d]</c>.</summary>
    public EncoderLinear Output { get; } = new(layout.Output, loader);

    public EncoderNorm FeedForwardNorm { get; } = new(layout.FeedForwardNorm, loader);

    /// <summary>The activated branch, <c>[f × d]</c>; null for none.</summary>
    public EncoderLinear? Gate { get; } = layout.Gate is { } gate ? new EncoderLinear(gate, loader) : null;

    /// <summary><c>[f × d]</c>.</summary>
    public EncoderLinear Up { get; } = new(layout.Up, loader);

    /// <summary><c>[d × f]</c>.</summary>
    public EncoderLinear Down { get; } = new(layout.Down, loader);
}

/// <summary>The weights of a linear layer.</summary>
internal sealed unsafe class EncoderLinear(LinearLayout layout, WeightLoader loader)
{
    public WeightMatrix Weight { get; } = loader.Matrix(layout.Weight);

    /// <summary>Null for none.</summary>
    public float* Bias { get; } = loader.Vector(layout.Bias);
}

/// <summary>The weights of a norm, each <c>[d]</c>.</summary>
internal sealed unsafe class EncoderNorm(NormLayout layout, WeightLoader loader)
{
    public float* Weight { get; } = loader.Vector(layout.Weight);

    /// <summary>Null for none.</summary>
    public float* Bias { get; } = loader.Vector(layout.Bias);
}
