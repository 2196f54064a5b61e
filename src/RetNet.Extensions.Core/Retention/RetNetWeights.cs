using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Retention;

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
    public static RetNetWeights Load(RetNetConfiguration configuration, WeightLoader loader) =>
        configuration.Dialect == RetNetDialect.Fla ? LoadFla(configuration, loader) : LoadTorchScale(configuration, loader);

    private static RetNetWeights LoadFla(RetNetConfiguration c, WeightLoader loader)
    {
        WeightMatrix embedding = loader.Matrix("model.embeddings.weight", c.VocabularySize, c.Width);
        RetNetWeights weights = new([.. Enumerable.Range(0, c.Layers).Select(layer => LoadFlaLayer(c, loader, $"model.layers.{layer}."))])
        {
            Embedding = embedding,
            EmbeddingNorm = null,
            FinalNorm = loader.Vector("model.norm.weight", c.Width),
            Head = c.TieEmbeddings ? embedding : loader.Matrix("lm_head.weight", c.VocabularySize, c.Width),
            LogDecay = RetentionDecay.Logarithms(c.Heads),
            Frequencies = [.. Enumerable.Range(0, c.KeyWidth / 2).Select(i => (float)(1 / Math.Pow(10000, 2.0 * i / c.KeyWidth)))],
        };
        loader.Tensors.RequireAllRead(c.TieEmbeddings ? ["lm_head.weight", "*.rotary.inv_freq"] : ["*.rotary.inv_freq"]);
        return weights;
    }

    private static RetNetLayerWeights LoadFlaLayer(RetNetConfiguration c, WeightLoader loader, string prefix)
    {
        (WeightMatrix gate, WeightMatrix up) = LoadFeedForward(c, loader, prefix + "mlp.");
        string headNorm = c.UseOutputGate && c.FuseNorm ? "g_norm_swish_gate.weight" : "g_norm.weight";
        return new RetNetLayerWeights
        {
            RetentionNorm = loader.Vector(prefix + "attn_norm.weight", c.Width),
            Query = loader.Matrix(prefix + "attn.q_proj.weight", c.Heads * c.KeyWidth, c.Width),
            Key = loader.Matrix(prefix + "attn.k_proj.weight", c.KeyValueHeads * c.KeyWidth, c.Width),
            Value = loader.Matrix(prefix + "attn.v_proj.weight", c.KeyValueHeads * c.ValueWidth, c.Width),
            Gate = c.UseOutputGate ? loader.Matrix(prefix + "attn.g_proj.weight", c.Heads * c.ValueWidth, c.Width) : null,
            Output = loader.Matrix(prefix + "attn.o_proj.weight", c.Width, c.Heads * c.ValueWidth),
            HeadNorm = c.HeadNormHasWeight ? loader.Vector(prefix + "attn." + headNorm, c.ValueWidth) : null,
            FeedForwardNorm = loader.Vector(prefix + "mlp_norm.weight", c.Width),
            FeedForwardGate = gate,
            FeedForwardUp = up,
            FeedForwardDown = loader.Matrix(prefix + "mlp.down_proj.weight", c.Width, c.FeedForwardWidth),
        };
    }

    // Older fla files hold both branches in gate_proj, [2f × d], the activated one first.
    private static (WeightMatrix Gate, WeightMatrix Up) LoadFeedForward(RetNetConfiguration c, WeightLoader loader, string prefix)
    {
        if (loader.Tensors.Contains(prefix + "up_proj.weight"))
        {
            return (loader.Matrix(prefix + "gate_proj.weight", c.FeedForwardWidth, c.Width),
                loader.Matrix(prefix + "up_proj.weight", c.FeedForwardWidth, c.Width));
        }

        TensorView fused = loader.Tensors.Matrix(prefix + "gate_proj.weight", 2L * c.FeedForwardWidth, c.Width);
        return (loader.Matrix(fused.Rows(0, c.FeedForwardWidth)), loader.Matrix(fused.Rows(c.FeedForwardWidth, c.FeedForwardWidth)));
    }

    private static RetNetWeights LoadTorchScale(RetNetConfiguration c, WeightLoader loader)
    {
        WeightMatrix embedding = loader.Matrix("embed_tokens.weight", c.VocabularySize, c.Width);
        RetNetWeights weights = new([.. Enumerable.Range(0, c.Layers).Select(layer => LoadTorchScaleLayer(c, loader, $"layers.{layer}."))])
        {
            Embedding = embedding,
            EmbeddingNorm = c.EmbeddingNorm ? loader.Vector("layernorm_embedding.weight", c.Width) : null,
            FinalNorm = loader.Vector("layer_norm.weight", c.Width),
            Head = c.TieEmbeddings ? embedding : loader.Matrix("output_projection.weight", c.VocabularySize, c.Width),
            LogDecay = LoadDecay(c, loader),
            Frequencies = LoadAngles(c, loader),
        };
        loader.Tensors.RequireAllRead(c.TieEmbeddings ? ["output_projection.weight", "version"] : ["version"]);
        return weights;
    }

    private static RetNetLayerWeights LoadTorchScaleLayer(RetNetConfiguration c, WeightLoader loader, string prefix) => new()
    {
        RetentionNorm = loader.Vector(prefix + "retention_layer_norm.weight", c.Width),
        Query = loader.Matrix(prefix + "retention.q_proj.weight", c.Heads * c.KeyWidth, c.Width),
        Key = loader.Matrix(prefix + "retention.k_proj.weight", c.Heads * c.KeyWidth, c.Width),
        Value = loader.Matrix(prefix + "retention.v_proj.weight", c.Heads * c.ValueWidth, c.Width),
        Gate = loader.Matrix(prefix + "retention.g_proj.weight", c.Heads * c.ValueWidth, c.Width),
        Output = loader.Matrix(prefix + "retention.out_proj.weight", c.Width, c.Heads * c.ValueWidth),
        HeadNorm = null,
        FeedForwardNorm = loader.Vector(prefix + "final_layer_norm.weight", c.Width),
        FeedForwardGate = loader.Matrix(prefix + "ffn.fc1.weight", c.FeedForwardWidth, c.Width),
        FeedForwardUp = loader.Matrix(prefix + "ffn.gate.weight", c.FeedForwardWidth, c.Width),
        FeedForwardDown = loader.Matrix(prefix + "ffn.fc2.weight", c.Width, c.FeedForwardWidth),
    };

    // The buffers are part of the checkpoint where they were saved: the paper's runs have decays of their own.
    private static float[] LoadDecay(RetNetConfiguration c, WeightLoader loader) =>
        loader.Tensors.Contains("retnet_rel_pos.decay")
            ? new ReadOnlySpan<float>(loader.Buffer("retnet_rel_pos.decay", c.Heads), c.Heads).ToArray()
            : RetentionDecay.Logarithms(c.Heads);

    private static float[] LoadAngles(RetNetConfiguration c, WeightLoader loader)
    {
        int pairs = c.KeyWidth / 2;
        if (!loader.Tensors.Contains("retnet_rel_pos.angle"))
            return [.. Enumerable.Range(0, pairs).Select(i => (float)(1 / Math.Pow(10000, (double)i / (pairs - 1))))];
        float* twice = loader.Buffer("retnet_rel_pos.angle", c.KeyWidth);
        float[] angles = new float[pairs];
        for (int i = 0; i < pairs; i++)
            angles[i] = twice[2 * i];
        return angles;
    }
}
