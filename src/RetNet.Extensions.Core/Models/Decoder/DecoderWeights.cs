using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels.Linear;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>The weights that every decoder has. Model width d.</summary>
internal abstract unsafe class DecoderWeights
{
    /// <summary><c>[vocabulary × d]</c>, where the checkpoint has it: a token reads one row.</summary>
    public required TensorView Embedding { get; init; }

    /// <summary>The blocks, in order.</summary>
    public abstract DecoderLayerWeights[] Layers { get; }

    /// <summary>n_f, <c>[d]</c>.</summary>
    public required float* FinalNorm { get; init; }

    /// <summary>W_lm, <c>[vocabulary × d]</c>; packed from the embedding when they are tied.</summary>
    public required WeightMatrix Head { get; init; }

    /// <summary>Rotary angle per position of each pair of a head's values, <c>[pairs]</c>.</summary>
    public required float[] Frequencies { get; init; }
}

/// <summary>The feed-forward half of a block: model width d, inner width f.</summary>
internal abstract unsafe class DecoderLayerWeights
{
    /// <summary>n2, <c>[d]</c>.</summary>
    public required float* FeedForwardNorm { get; init; }

    /// <summary>The activated branch, <c>[f × d]</c>.</summary>
    public required WeightMatrix FeedForwardGate { get; init; }

    /// <summary>The linear branch, <c>[f × d]</c>.</summary>
    public required WeightMatrix FeedForwardUp { get; init; }

    /// <summary>Back to the model width, <c>[d × f]</c>.</summary>
    public required WeightMatrix FeedForwardDown { get; init; }
}
