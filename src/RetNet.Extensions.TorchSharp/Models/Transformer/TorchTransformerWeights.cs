using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>All weights of a Transformer of the Llama family on the device, under the names of transformers.</summary>
internal sealed class TorchTransformerWeights(TorchTransformerLayerWeights[] layers) : TorchWeights
{
    /// <inheritdoc/>
    public override TorchTransformerLayerWeights[] Layers { get; } = layers;

    /// <summary>Reads the weights.</summary>
    /// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of the model.</exception>
    public static TorchTransformerWeights Load(TransformerConfiguration c, TorchWeightLoader loader)
    {
        TorchTransformerLayerWeights[] layers = [.. Enumerable.Range(0,
            c.Layers).Select(layer => LoadLayer(c, loader, TransformerTensorNames.Layer(layer)))];
        Tensor embedding = loader.Matrix(TransformerTensorNames.Embedding, c.VocabularySize, c.Width);
        TorchTransformerWeights weights = new(layers)
        {
            Embedding = embedding,
            FinalNorm = loader.Vector(TransformerTensorNames.FinalNorm, c.Width),
            Head = c.TieEmbeddings ? embedding : loader.Matrix(TransformerTensorNames.Head, c.VocabularySize, c.Width),
            Frequencies = loader.Vector(RotaryFrequencies.Compute(c)),
        };
        loader.Tensors.RequireAllRead(TransformerTensorNames.Ignorable(c));
        return weights;
    }

    private static TorchTransformerLayerWeights LoadLayer(
        TransformerConfiguration c, TorchWeightLoader loader, TransformerTensorNames.LayerNames names)
    {
        int queries = c.Heads * c.HeadWidth;
        int keys = c.KeyValueHeads * c.HeadWidth;
        TensorReader tensors = loader.Tensors;
        return new TorchTransformerLayerWeights
        {
            AttentionNorm = loader.Vector(names.AttentionNorm, c.Width),
            QueryKeyValue = loader.Matrix([tensors.Matrix(names.Query, queries, c.Width), tensors.Matrix(names.Key, keys, c.Width),
                tensors.Matrix(names.Value, keys, c.Width)]),
            QueryKeyValueBias = c.QueryKeyValueBias
                ? loader.Bias((names.QueryBias, queries), (names.KeyBias, keys), (names.ValueBias, keys))
                : null,
            Output = loader.Matrix(names.Output, c.Width, queries),
            OutputBias = c.OutputBias ? loader.Bias((names.OutputBias, c.Width)) : null,
            QueryNorm = c.QueryKeyNorm ? loader.Vector(names.QueryNorm, c.HeadWidth) : null,
            KeyNorm = c.QueryKeyNorm ? loader.Vector(names.KeyNorm, c.HeadWidth) : null,
            FeedForwardNorm = loader.Vector(names.FeedForwardNorm, c.Width),
            FeedForwardGateUp = loader.Matrix(
                [tensors.Matrix(names.FeedForwardGate, c.FeedForwardWidth,
                    c.Width), tensors.Matrix(names.FeedForwardUp, c.FeedForwardWidth, c.Width)]),
            FeedForwardDown = loader.Matrix(names.FeedForwardDown, c.Width, c.FeedForwardWidth),
        };
    }
}
