using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.RetNet;

/// <summary>All weights of a RetNet on the device.</summary>
internal sealed class TorchRetNetWeights(TorchRetNetLayerWeights[] layers) : TorchWeights
{
    /// <inheritdoc/>
    public override TorchRetNetLayerWeights[] Layers { get; } = layers;

    /// <summary>torchscale's layernorm_embedding, <c>[d]</c>, float32; null for none.</summary>
    public required Tensor? EmbeddingNorm { get; init; }

    /// <summary>ln γ of each head.</summary>
    public required float[] LogDecay { get; init; }

    /// <summary>Reads the weights under the names of the configuration's dialect.</summary>
    /// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of the model.</exception>
    public static TorchRetNetWeights Load(RetNetConfiguration c, TorchWeightLoader loader)
    {
        RetNetTensorNames names = new(c);
        TorchRetNetLayerWeights[] layers = [.. Enumerable.Range(0, c.Layers).Select(layer => LoadLayer(c, loader, names.Layer(layer)))];
        Tensor embedding = loader.Matrix(names.Embedding, c.VocabularySize, c.Width);
        TorchRetNetWeights weights = new(layers)
        {
            Embedding = embedding,
            EmbeddingNorm = c.EmbeddingNorm ? loader.Vector(names.EmbeddingNorm, c.Width) : null,
            FinalNorm = loader.Vector(names.FinalNorm, c.Width),
            Head = c.TieEmbeddings ? embedding : loader.Matrix(names.Head, c.VocabularySize, c.Width),
            LogDecay = RetNetBuffers.Decay(c, loader.Tensors),
            Frequencies = loader.Vector(RetNetBuffers.Frequencies(c, loader.Tensors)),
        };
        loader.Tensors.RequireAllRead(names.Ignorable);
        return weights;
    }

    private static TorchRetNetLayerWeights LoadLayer(RetNetConfiguration c, TorchWeightLoader loader, RetNetTensorNames.LayerNames names)
    {
        TensorReader tensors = loader.Tensors;
        List<TensorView> projections =
        [
            tensors.Matrix(names.Query, c.Heads * c.KeyWidth, c.Width),
            tensors.Matrix(names.Key, c.KeyValueHeads * c.KeyWidth, c.Width),
            tensors.Matrix(names.Value, c.KeyValueHeads * c.ValueWidth, c.Width),
        ];
        if (c.UseOutputGate)
            projections.Add(tensors.Matrix(names.Gate, c.Heads * c.ValueWidth, c.Width));

        // Older fla files hold both branches in gate_proj, the activated one first: as they are kept here.
        bool isFused = c.Dialect == RetNetDialect.Fla && !tensors.Contains(names.FeedForwardUp);
        return new TorchRetNetLayerWeights
        {
            RetentionNorm = loader.Vector(names.RetentionNorm, c.Width),
            QueryKeyValueGate = loader.Matrix([.. projections]),
            Output = loader.Matrix(names.Output, c.Width, c.Heads * c.ValueWidth),
            HeadNorm = c.HeadNormHasWeight ? loader.Vector(names.HeadNorm, c.ValueWidth) : null,
            FeedForwardNorm = loader.Vector(names.FeedForwardNorm, c.Width),
            FeedForwardGateUp = isFused
                ? loader.Matrix(names.FeedForwardGate, 2L * c.FeedForwardWidth, c.Width)
                : loader.Matrix([tensors.Matrix(names.FeedForwardGate, c.FeedForwardWidth, c.Width),
                    tensors.Matrix(names.FeedForwardUp, c.FeedForwardWidth, c.Width)]),
            FeedForwardDown = loader.Matrix(names.FeedForwardDown, c.Width, c.FeedForwardWidth),
        };
    }
}
