using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;

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

/// <summary>One block of a decoder.</summary>
internal sealed record TrainableBlock(MixingLayer Mixing, FeedForwardLayer FeedForward);

/// <summary>The first half of a block, <c>x ← x + Mix(n1(x))</c>: retention or attention, the only place where tokens see each
/// other.</summary>
internal abstract unsafe class MixingLayer : IDisposable
{
    /// <summary><c>y = x + Mix(n1(x))</c>, keeping what the backward pass needs.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="x"><c>[rows × d]</c>; lives until the backward pass.</param>
    /// <param name="y"><c>[rows × d]</c>.</param>
    public abstract void Forward(TrainingPass pass, float* x, float* y);

    /// <summary>Turns the gradient of y into that of x, and adds to the weights' gradients.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="gradient"><c>[rows × d]</c>, in place.</param>
    public abstract void Backward(TrainingPass pass, float* x, float* gradient);

    public abstract void Dispose();
}
