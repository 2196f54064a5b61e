using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.Experts;

/// <summary>A mixture of experts: how many there are, and how each token chooses some of them.</summary>
[Experimental("RETNET001")]
public sealed record ExpertOptions
{
    /// <summary>Number of experts of a block.</summary>
    public required int Count { get; init; }

    /// <summary>Number of experts k that a token passes, at most <see cref="Count"/>: those with the highest scores s of the router, or of
    /// s + b with <see cref="HasSelectionBias"/>.</summary>
    public required int PerToken { get; init; }

    /// <summary>Width of an expert's inner layer.</summary>
    public required int Width { get; init; }

    /// <summary>Whether the score of an expert is σ of the router's output z for it (DeepSeek V3, arXiv 2412.19437, section 2.1.2);
    /// otherwise the scores are softmax(z). Default false.</summary>
    public bool SigmoidScores { get; init; }

    /// <summary>Whether a bias b of each expert is added to its score where experts are chosen, and nowhere else. It balances the experts
    /// and is not trained by gradients. Default false.</summary>
    public bool HasSelectionBias { get; init; }

    /// <summary>Number of groups of consecutive experts, a divisor of <see cref="Count"/>. Above 1, the default, a token chooses among the
    /// experts of <see cref="GroupsPerToken"/> groups, those with the largest sums of their two highest s + b; it takes
    /// <see cref="HasSelectionBias"/>.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Number of groups that a token chooses among.</summary>
    public int GroupsPerToken { get; init; } = 1;

    /// <summary>Whether the scores of the chosen experts are divided by their sum before they become weights. Default true.</summary>
    public bool NormalizesWeights { get; init; } = true;

    /// <summary>Factor of the weights. Default 1.</summary>
    public float WeightScale { get; init; } = 1;

    /// <summary>Layers, from 0, that have one gated network instead of experts. Default none.</summary>
    public IReadOnlyList<int> DenseLayers { get; init; } = [];

    /// <summary>Width of the inner layer of an expert that every token passes; 0, the default, for none.</summary>
    public int SharedWidth { get; init; }

    /// <summary>Whether that expert has a gate, σ(w · n) of each token (Qwen 2); otherwise its weight is 1. Default false.</summary>
    public bool HasSharedGate { get; init; }

    /// <summary>Whether the router and the experts' layers have biases. Default false.</summary>
    public bool Biases { get; init; }
}
