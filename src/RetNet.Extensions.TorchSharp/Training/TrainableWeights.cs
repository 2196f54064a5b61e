namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>The weights that every family has, as autograd sees them. Model width d.</summary>
internal sealed class TrainableWeights
{
    /// <summary><c>[vocabulary × d]</c>.</summary>
    public required Tensor Embedding { get; init; }

    /// <summary>The feed-forward halves of the blocks, in order.</summary>
    public required IReadOnlyList<TrainableLayerWeights> Layers { get; init; }

    /// <summary>n_f, <c>[d]</c>.</summary>
    public required Tensor FinalNorm { get; init; }

    /// <summary>W_lm, <c>[vocabulary × d]</c>; the embedding when they are tied.</summary>
    public required Tensor Head { get; init; }

    /// <summary>ε of all norms.</summary>
    public required float NormEpsilon { get; init; }
}
