using RetNet.Extensions.Core.MultiState;
using RetNet.Extensions.Core.Retention;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>What a model consists of, whatever its family.</summary>
internal sealed class TrainableParts : IDisposable
{
    public required int Width { get; init; }

    public required int VocabularySize { get; init; }

    public required ParameterStore Store { get; init; }

    /// <summary>Tensors that are saved but not trained.</summary>
    public required ParameterStore Buffers { get; init; }

    public required EmbeddingLayer Embedding { get; init; }

    public required IReadOnlyList<TrainableBlock> Blocks { get; init; }

    public required NormLayer FinalNorm { get; init; }

    /// <summary>W_lm, <c>[vocabulary × d]</c>; the embedding when they are tied.</summary>
    public required Parameter Head { get; init; }

    /// <summary>Rotary angle per position of each pair of a head's values.</summary>
    public required float[] Frequencies { get; init; }

    public required TrainingScratch Scratch { get; init; }

    /// <summary>The configuration of a RetNet; null for a Transformer.</summary>
    public RetNetConfiguration? RetNet { get; init; }

    /// <summary>The configuration of a Transformer; null for a RetNet.</summary>
    public TransformerConfiguration? Transformer { get; init; }

    /// <summary>ln γ of each head of a RetNet; empty for a Transformer.</summary>
    public float[] LogDecay { get; init; } = [];

    /// <summary>Values that one layer of a RetNet remembers of a sequence; 0 for a Transformer.</summary>
    public required long StateValuesPerLayer { get; init; }

    /// <summary>Writes config.json.</summary>
    public required Func<string> ConfigurationJson { get; init; }

    public void Dispose()
    {
        foreach (TrainableBlock block in Blocks)
        {
            block.Mixing.Dispose();
            block.FeedForward.Dispose();
        }

        Embedding.Dispose();
        FinalNorm.Dispose();
        Scratch.Dispose();
        Store.Dispose();
        Buffers.Dispose();
    }
}
