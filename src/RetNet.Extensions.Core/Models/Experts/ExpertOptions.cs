using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.Experts;

/// <summary>A mixture of experts: how many there are, and how each token chooses some of them.</summary>
[Experimental("RETNET001")]
public sealed record ExpertOptions
{
    /// <summary>Number of experts of a block.</summary>
    public required int Count { get; init; }

    /// <summary>Number of experts that a token passes, at most <see cref="Count"/>: those with the highest scores of the router.</summary>
    public required int PerToken { get; init; }

    /// <summary>Width of an expert's inner layer.</summary>
    public required int Width { get; init; }

    /// <summary>Whether the weights of the chosen experts add up to 1: a softmax over their scores alone, which is the same as one over all
    /// scores divided by the sum of those chosen. Otherwise they are the softmax over all scores. Default true.</summary>
    public bool NormalizesWeights { get; init; } = true;

    /// <summary>Layers, from 0, that have one gated network instead of experts. Default none.</summary>
    public IReadOnlyList<int> DenseLayers { get; init; } = [];

    /// <summary>Width of the inner layer of an expert that every token passes; 0, the default, for none.</summary>
    public int SharedWidth { get; init; }

    /// <summary>Whether that expert has a gate, σ(w · n) of each token (Qwen 2); otherwise its weight is 1. Default false.</summary>
    public bool HasSharedGate { get; init; }

    /// <summary>Whether the router and the experts' layers have biases. Default false.</summary>
    public bool Biases { get; init; }
}
