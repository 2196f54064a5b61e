using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Generation;

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
