using RetNet.Extensions.Core.Generation.Scoring;

namespace RetNet.Extensions.AI;

/// <summary>How texts are embedded.</summary>
public sealed record RetNetEmbeddingOptions
{
    /// <summary>How the hidden states of a text's tokens become one vector. Default: <see cref="EmbeddingPooling.Mean"/>.</summary>
    public EmbeddingPooling Pooling { get; set; } = EmbeddingPooling.Mean;

    /// <summary>Whether vectors are scaled to length 1 (L2). Default true.</summary>
    public bool Normalize { get; set; } = true;
}
