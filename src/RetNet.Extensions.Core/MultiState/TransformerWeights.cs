using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.MultiState;

/// <summary>All weights of a Transformer of the Llama family, under the names of transformers.</summary>
internal sealed unsafe class TransformerWeights(TransformerLayerWeights[] layers) : DecoderWeights
{
    /// <inheritdoc/>
    public override TransformerLayerWeights[] Layers { get; } = layers;

    /// <summary>Reads the weights.</summary>
    /// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of the model.</exception>
    public static TransformerWeights Load(TransformerConfiguration c, WeightLoader loader)
    {
        TransformerWeights weights = new([.. Enumerable.Range(0, c.Layers).Select(layer => LoadLayer(c, loader, TransformerTensorNames.Layer(layer)))])
        {
            Embedding = loader.Embedding(TransformerTensorNames.Embedding, c.VocabularySize, c.Width, c.TieEmbeddings),
            FinalNorm = loader.Vector(TransformerTensorNames.FinalNorm, c.Width),
            Head = loader.Matrix(c.TieEmbeddings ? TransformerTensorNames.Embedding : TransformerTensorNames.Head, c.VocabularySize, c.Width),
            Frequencies = RotaryFrequencies.Compute(c),
        };
        loader.Tensors.RequireAllRead(TransformerTensorNames.Ignorable(c));
        return weights;
    }

    private static TransformerLayerWeights LoadLayer(TransformerConfiguration c, WeightLoader loader, TransformerTensorNames.LayerNames names)
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
