using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>All weights of a RetNet.</summary>
internal sealed unsafe class RetNetWeights(RetNetLayerWeights[] layers) : DecoderWeights
{
    /// <inheritdoc/>
    public override RetNetLayerWeights[] Layers { get; } = layers;

    /// <summary>torchscale's layernorm_embedding, <c>[d]</c>; null for none.</summary>
    public required float* EmbeddingNorm { get; init; }

    /// <summary>ln γ of each head.</summary>
    public required float[] LogDecay { get; init; }

    /// <summary>Reads the weights under the names of the configuration's dialect.</summary>
    /// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of the model.</exception>
    public static RetNetWeights Load(RetNetConfiguration c, WeightLoader loader)
    {
        RetNetTensorNames names = new(c);
        RetNetWeights weights = new([.. Enumerable.Range(0, c.Layers).Select(layer => LoadLayer(c, loader, names.Layer(layer)))])
        {
            Embedding = loader.Embedding(names.Embedding, c.VocabularySize, c.Width, c.TieEmbeddings),
            EmbeddingNorm = c.EmbeddingNorm ? loader.Vector(names.EmbeddingNorm, c.Width) : null,
            FinalNorm = loader.Vector(names.FinalNorm, c.Width),
            Head = loader.Matrix(c.TieEmbeddings ? names.Embedding : names.Head, c.VocabularySize, c.Width),
            LogDecay = RetNetBuffers.Decay(c, loader.Tensors),
            Frequencies = RetNetBuffers.Frequencies(c, loader.Tensors),
        };
        loader.Tensors.RequireAllRead(names.Ignorable);
        return weights;
    }

    private static RetNetLayerWeights LoadLayer(RetNetConfiguration c, WeightLoader loader, RetNetTensorNames.LayerNames names)
    {
        (WeightMatrix gate, WeightMatrix up) = LoadFeedForward(c, loader, names);
        return new RetNetLayerWeights
        {
            RetentionNorm = loader.Vector(names.RetentionNorm, c.Width),
            Query = loader.Matrix(names.Query, c.Heads * c.KeyWidth, c.Width),
            Key = loader.Matrix(names.Key, c.KeyValueHeads * c.KeyWidth, c.Width),
            Value = loader.Matrix(names.Value, c.KeyValueHeads * c.ValueWidth, c.Width),
            Gate = c.UseOutputGate ? loader.Matrix(names.Gate, c.Heads * c.ValueWidth, c.Width) : null,
            Output = loader.Matrix(names.Output, c.Width, c.Heads * c.ValueWidth),
            HeadNorm = c.HeadNormHasWeight ? loader.Vector(names.HeadNorm, c.ValueWidth) : null,
            FeedForwardNorm = loader.Vector(names.FeedForwardNorm, c.Width),
            FeedForwardGate = gate,
            FeedForwardUp = up,
            FeedForwardDown = loader.Matrix(names.FeedForwardDown, c.Width, c.FeedForwardWidth),
        };
    }

    // Older fla files hold both branches in gate_proj, [2f × d], the activated one first.
    private static (WeightMatrix Gate, WeightMatrix Up) LoadFeedForward(
        RetNetConfiguration c, WeightLoader loader, RetNetTensorNames.LayerNames names)
    {
        if (c.Dialect == RetNetDialect.TorchScale || loader.Tensors.Contains(names.FeedForwardUp))
        {
            return (loader.Matrix(names.FeedForwardGate, c.FeedForwardWidth, c.Width),
                loader.Matrix(names.FeedForwardUp, c.FeedForwardWidth, c.Width));
        }

        TensorView fused = loader.Tensors.Matrix(names.FeedForwardGate, 2L * c.FeedForwardWidth, c.Width);
        return (loader.Matrix(fused.Rows(0, c.FeedForwardWidth)), loader.Matrix(fused.Rows(c.FeedForwardWidth, c.FeedForwardWidth)));
    }
}

/// <summary>The weights of one block. Widths as in <see cref="RetNetConfiguration"/>; H heads, G key-value heads.</summary>
internal sealed unsafe class RetNetLayerWeights : DecoderLayerWeights
{
    /// <summary>n1, <c>[d]</c>.</summary>
    public required float* RetentionNorm { get; init; }

    /// <summary>W_q, <c>[H·dk × d]</c>.</summary>
    public required WeightMatrix Query { get; init; }

    /// <summary>W_k, <c>[G·dk × d]</c>.</summary>
    public required WeightMatrix Key { get; init; }

    /// <summary>W_v, <c>[G·dv × d]</c>.</summary>
    public required WeightMatrix Value { get; init; }

    /// <summary>W_g, <c>[H·dv × d]</c>; null without an output gate.</summary>
    public required WeightMatrix? Gate { get; init; }

    /// <summary>W_o, <c>[d × H·dv]</c>.</summary>
    public required WeightMatrix Output { get; init; }

    /// <summary>The head norm's weight, <c>[dv]</c>; null for none.</summary>
    public required float* HeadNorm { get; init; }
}
