using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Training;

/// <summary>Departures of a new model's weights from the initialisation of its family.</summary>
[Experimental("RETNET001")]
public sealed record InitializationOptions
{
    internal static InitializationOptions Default { get; } = new();

    /// <summary>Standard deviation of the embedding. Default null: width^−½ for a RetNet (its paper), 0.02 for a Transformer
    /// (transformers).</summary>
    /// <remarks>With little data a small one is better: tokens that are rarely or never seen then add no noise.</remarks>
    public double? EmbeddingDeviation { get; init; }

    /// <summary>Whether every block begins as the identity, with output projections of 0, so that the embedding dominates at first. Default
    /// false.</summary>
    public bool SilentBlocks { get; init; }

    /// <summary>A layout's weights, with what these options change.</summary>
    internal IReadOnlyList<WeightDeclaration> Apply(DecoderLayout layout)
    {
        Dictionary<string, Initialization> changes = [];
        if (EmbeddingDeviation is { } deviation)
            changes.Add(layout.Embedding.Name, Initialization.Normal(deviation));
        foreach (DecoderLayerLayout layer in SilentBlocks ? layout.Layers : [])
        {
            changes.Add(layer.OutputWeight.Name, Initialization.Zeros);
            foreach (WeightDeclaration weight in layer.FeedForward.Outputs)
                changes.Add(weight.Name, Initialization.Zeros);
        }

        return [.. layout.Weights.Select(weight => changes.TryGetValue(weight.Name, out Initialization change)
            ? weight with { Initialization = change }
            : weight)];
    }

    internal void Check()
    {
        if (EmbeddingDeviation is { } deviation && !(deviation >= 0 && double.IsFinite(deviation)))
            throw new ArgumentException($"{nameof(EmbeddingDeviation)} is {deviation}; expected a number of 0 or more.");
    }
}
