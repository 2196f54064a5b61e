using RetNet.Extensions.Core.Kernels.Linear;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>The weights that every decoder has. Model width d.</summary>
internal abstract unsafe class DecoderWeights
{
    protected DecoderWeights(DecoderLayout layout, WeightLoader loader)
    {
        (VocabularySize, Width) = (layout.Embedding.Shape[0], layout.Embedding.Shape[1]);
        Head = layout.HasHead ? loader.Matrix(layout.Head) : null;
        Embedding = loader.Embedding(layout.Embedding, layout.IsTied ? Head : null);
        EmbeddingNorm = loader.Vector(layout.EmbeddingNorm);
        FinalNorm = loader.Vector(layout.FinalNorm);
    }

    public int VocabularySize { get; }

    /// <summary>d.</summary>
    public int Width { get; }

    /// <summary><c>[vocabulary × d]</c>.</summary>
    public EmbeddingTable Embedding { get; }

    /// <summary>A norm after the embedding, <c>[d]</c>; null for none.</summary>
    public float* EmbeddingNorm { get; }

    /// <summary>The blocks, in order.</summary>
    public abstract DecoderLayerWeights[] Layers { get; }

    /// <summary>n_f, <c>[d]</c>.</summary>
    public float* FinalNorm { get; }

    /// <summary>W_lm, <c>[vocabulary × d]</c>; packed from the embedding when they are tied; null for none.</summary>
    public WeightMatrix? Head { get; }
}

/// <summary>The weights of a block that every decoder has: model width d, width v of all heads' values.</summary>
internal abstract unsafe class DecoderLayerWeights(DecoderLayerLayout layout, WeightLoader loader)
{
    /// <summary>n1, <c>[d]</c>.</summary>
    public float* MixingNorm { get; } = loader.Vector(layout.MixingNorm);

    /// <summary>The norm of what the first half adds, <c>[d]</c>; null for none.</summary>
    public float* MixingOutputNorm { get; } = loader.Vector(layout.MixingOutputNorm);

    /// <summary>W_o, <c>[d × v]</c>.</summary>
    public WeightMatrix Output { get; } = loader.Projection(layout.Output.Weights[0]);

    /// <summary>n2, <c>[d]</c>.</summary>
    public float* FeedForwardNorm { get; } = loader.Vector(layout.FeedForwardNorm);

    /// <summary>The norm of what the second half adds, <c>[d]</c>; null for none.</summary>
    public float* FeedForwardOutputNorm { get; } = loader.Vector(layout.FeedForwardOutputNorm);

    /// <summary>The feed-forward network.</summary>
    public FeedForward FeedForward { get; } = FeedForward.Load(layout.FeedForward, loader);
}
