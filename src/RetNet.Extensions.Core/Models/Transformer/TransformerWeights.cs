using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>All weights of a Transformer of the Llama family, under the names of transformers.</summary>
internal sealed unsafe class TransformerWeights(TransformerLayerWeights[] layers) : DecoderWeights
{
    /// <inheritdoc/>
    public override TransformerLayerWeights[] Layers { get; } = layers;

    /// <summary>Reads the weights.</summary>
    /// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of the model.</exception>
    public static TransformerWeights Load(TransformerConfiguration c, WeightLoader loader)
    {
        TransformerWeights weights = new([.. Enumerable.Range(
            0, c.Layers).Select(layer => LoadLayer(c, loader, TransformerTensorNames.Layer(layer)))])
        {
            Embedding = loader.Embedding(TransformerTensorNames.Embedding, c.VocabularySize, c.Width, c.TieEmbeddings),
            FinalNorm = loader.Vector(TransformerTensorNames.FinalNorm, c.Width),
            Head = loader.Matrix(c.TieEmbeddings ? TransformerTensorNames.Embedding : TransformerTensorNames.Head, c.VocabularySize,
                c.Width),
            Frequencies = RotaryFrequencies.Compute(c),
        };
        loader.Tensors.RequireAllRead(TransformerTensorNames.Ignorable(c));
        return weights;
    }

    private static TransformerLayerWeights LoadLayer(
        TransformerConfiguration c, WeightLoader loader, TransformerTensorNames.LayerNames names)
    {
        int queries = c.Heads * c.HeadWidth;
        int keys = c.KeyValueHeads * c.HeadWidth;
        return new TransformerLayerWeights
        {
            AttentionNorm = loader.Vector(names.AttentionNorm, c.Width),
            Query = loader.Matrix(names.Query, queries, c.Width),
            Key = loader.Matrix(names.Key, keys, c.Width),
            Value = loader.Matrix(names.Value, keys, c.Width),
            Output = loader.Matrix(names.Output, c.Width, queries),
            QueryBias = c.QueryKeyValueBias ? loader.Vector(names.QueryBias, queries) : null,
            KeyBias = c.QueryKeyValueBias ? loader.Vector(names.KeyBias, keys) : null,
            ValueBias = c.QueryKeyValueBias ? loader.Vector(names.ValueBias, keys) : null,
            OutputBias = c.OutputBias ? loader.Vector(names.OutputBias, c.Width) : null,
            QueryNorm = c.QueryKeyNorm ? loader.Vector(names.QueryNorm, c.HeadWidth) : null,
            KeyNorm = c.QueryKeyNorm ? loader.Vector(names.KeyNorm, c.HeadWidth) : null,
            FeedForwardNorm = loader.Vector(names.FeedForwardNorm, c.Width),
            FeedForwardGate = loader.Matrix(names.FeedForwardGate, c.FeedForwardWidth, c.Width),
            FeedForwardUp = loader.Matrix(names.FeedForwardUp, c.FeedForwardWidth, c.Width),
            FeedForwardDown = loader.Matrix(names.FeedForwardDown, c.Width, c.FeedForwardWidth),
        };
    }
}

/// <summary>The weights of one block. H query heads, G key-value heads of width w.</summary>
internal sealed unsafe class TransformerLayerWeights : DecoderLayerWeights
{
    /// <summary><c>[d]</c>.</summary>
    public required float* AttentionNorm { get; init; }

    /// <summary><c>[H·w × d]</c>.</summary>
    public required WeightMatrix Query { get; init; }

    /// <summary><c>[G·w × d]</c>.</summary>
    public required WeightMatrix Key { get; init; }

    /// <summary><c>[G·w × d]</c>.</summary>
    public required WeightMatrix Value { get; init; }

    /// <summary><c>[d × H·w]</c>.</summary>
    public required WeightMatrix Output { get; init; }

    /// <summary><c>[H·w]</c>; null for none.</summary>
    public required float* QueryBias { get; init; }

    /// <summary><c>[G·w]</c>; null for none.</summary>
    public required float* KeyBias { get; init; }

    /// <summary><c>[G·w]</c>; null for none.</summary>
    public required float* ValueBias { get; init; }

    /// <summary><c>[d]</c>; null for none.</summary>
    public required float* OutputBias { get; init; }

    /// <summary>Qwen3's norm of each head's query, <c>[w]</c>; null for none.</summary>
    public required float* QueryNorm { get; init; }

    /// <summary>Qwen3's norm of each head's key, <c>[w]</c>; null for none.</summary>
    public required float* KeyNorm { get; init; }
}
