using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>The weights that every family has, as autograd sees them. Model width d.</summary>
internal sealed class TrainableWeights
{
    /// <param name="layout">The weights.</param>
    /// <param name="store">Their memory.</param>
    /// <param name="layers">The blocks, in order.</param>
    /// <param name="normEpsilon">ε of all norms.</param>
    public TrainableWeights(
        DecoderLayout layout, TorchParameterStore store, IReadOnlyList<TrainableLayerWeights> layers, float normEpsilon)
    {
        (Layers, NormEpsilon) = (layers, normEpsilon);
        Embedding = store.Leaf(layout.Embedding);
        EmbeddingNorm = store.OptionalLeaf(layout.EmbeddingNorm);
        FinalNorm = store.Leaf(layout.FinalNorm);
        Head = layout.IsTied ? Embedding : store.Leaf(layout.Head);
    }

    /// <summary><c>[vocabulary × d]</c>.</summary>
    public Tensor Embedding { get; }

    /// <summary>A norm after the embedding, <c>[d]</c>; null for none.</summary>
    public Tensor? EmbeddingNorm { get; }

    /// <summary>The blocks, in order.</summary>
    public IReadOnlyList<TrainableLayerWeights> Layers { get; }

    /// <summary>n_f, <c>[d]</c>.</summary>
    public Tensor FinalNorm { get; }

    /// <summary>W_lm, <c>[vocabulary × d]</c>; the embedding when they are tied.</summary>
    public Tensor Head { get; }

    /// <summary>ε of all norms.</summary>
    public float NormEpsilon { get; }
}
