using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>The weights that every decoder has, on the device. Model width d.</summary>
internal abstract class TorchWeights
{
    /// <summary>Loads them after the blocks, whose first matrix decides the type where the options leave it to the checkpoint.</summary>
    protected TorchWeights(DecoderLayout layout, TorchWeightLoader loader, float[] frequencies)
    {
        Embedding = loader.Matrix(layout.Embedding);
        EmbeddingNorm = loader.OptionalVector(layout.EmbeddingNorm);
        FinalNorm = loader.Vector(layout.FinalNorm);
        HasHead = layout.HasHead;
        Head = layout.IsTied ? Embedding : loader.Matrix(layout.Head);
        Frequencies = loader.Vector(frequencies);
    }

    /// <summary><c>[vocabulary × d]</c>.</summary>
    public Tensor Embedding { get; }

    /// <summary>A norm after the embedding, <c>[d]</c>, float32; null for none.</summary>
    public Tensor? EmbeddingNorm { get; }

    /// <summary>The blocks, in order.</summary>
    public abstract TorchLayerWeights[] Layers { get; }

    /// <summary>n_f, <c>[d]</c>, float32.</summary>
    public Tensor FinalNorm { get; }

    public bool HasHead { get; }

    /// <summary>W_lm, <c>[vocabulary × d]</c>; the embedding when they are tied, and where there is none.</summary>
    public Tensor Head { get; }

    /// <summary>Rotary angle per position of each pair of a head's values, <c>[pairs]</c>, float32.</summary>
    public Tensor Frequencies { get; }
}
