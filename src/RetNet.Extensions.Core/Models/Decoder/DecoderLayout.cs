using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>The weights of a decoder: name, shape and initial values of each, and which of them lie together. Loading, training and other
/// engines follow it.</summary>
[Experimental("RETNET001")]
public abstract class DecoderLayout : WeightLayout
{
    /// <summary><c>[vocabulary × d]</c>.</summary>
    public required WeightDeclaration Embedding { get; init; }

    /// <summary>A norm after the embedding, <c>[d]</c>; null for none.</summary>
    public WeightDeclaration? EmbeddingNorm { get; init; }

    /// <summary>The blocks, in order.</summary>
    public abstract IReadOnlyList<DecoderLayerLayout> Layers { get; }

    /// <summary>n_f, <c>[d]</c>.</summary>
    public required WeightDeclaration FinalNorm { get; init; }

    /// <summary>W_lm, <c>[vocabulary × d]</c>; <see cref="Embedding"/> when they are tied, and where there is none.</summary>
    public required WeightDeclaration Head { get; init; }

    /// <summary>Whether there is a head: without one a model has hidden states and no logits. Default: true.</summary>
    public bool HasHead { get; init; } = true;

    /// <summary>Whether the head is the embedding.</summary>
    public bool IsTied => Head == Embedding;

    /// <inheritdoc/>
    /// <remarks>A tied head is not repeated.</remarks>
    public override IEnumerable<WeightDeclaration> Weights
    {
        get
        {
            WeightDeclaration?[] all =
                [Embedding, EmbeddingNorm, .. Layers.SelectMany(layer => layer.Weights), FinalNorm, IsTied ? null : Head];
            return all.OfType<WeightDeclaration>();
        }
    }
}

/// <summary>The weights of one block. Model width d, width v of all heads' values.</summary>
[Experimental("RETNET001")]
public abstract class DecoderLayerLayout
{
    /// <summary>n1, <c>[d]</c>; see <see cref="NormPlacement"/>.</summary>
    public required WeightDeclaration MixingNorm { get; init; }

    /// <summary>The norm of what the first half adds, <c>[d]</c>, with <see cref="NormPlacement.Around"/>; null otherwise.</summary>
    public WeightDeclaration? MixingOutputNorm { get; init; }

    /// <summary>W_q, W_k, W_v and what else a family projects n1(x) to, <c>[… × d]</c>.</summary>
    public abstract LinearDeclaration Projections { get; }

    /// <summary>W_o, <c>[d × v]</c>.</summary>
    public required WeightDeclaration OutputWeight { get; init; }

    /// <summary>Its bias, <c>[d]</c>; null for none.</summary>
    public WeightDeclaration? OutputBias { get; init; }

    /// <summary>From all heads' values to the model width.</summary>
    public LinearDeclaration Output => new([OutputWeight], OutputBias);

    /// <summary>n2, <c>[d]</c>; see <see cref="NormPlacement"/>.</summary>
    public required WeightDeclaration FeedForwardNorm { get; init; }

    /// <summary>The norm of what the second half adds, <c>[d]</c>, with <see cref="NormPlacement.Around"/>; null otherwise.</summary>
    public WeightDeclaration? FeedForwardOutputNorm { get; init; }

    /// <summary>The feed-forward network.</summary>
    public required FeedForwardLayout FeedForward { get; init; }

    /// <summary>All weights of the block, in the order of <see cref="DecoderLayout.Weights"/>.</summary>
    public IEnumerable<WeightDeclaration> Weights =>
    [
        .. Mixing.Append(MixingOutputNorm).Append(FeedForwardNorm).OfType<WeightDeclaration>(), .. FeedForward.Weights,
        .. new[] { FeedForwardOutputNorm }.OfType<WeightDeclaration>(),
    ];

    /// <summary>The weights of the first half of the block, in the same order; null for one that does not exist.</summary>
    protected abstract IEnumerable<WeightDeclaration?> Mixing { get; }
}
