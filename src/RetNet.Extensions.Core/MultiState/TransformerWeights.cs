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
        WeightMatrix embedding = loader.Matrix("model.embed_tokens.weight", c.VocabularySize, c.Width);
        TransformerWeights weights = new([.. Enumerable.Range(0, c.Layers).Select(layer => LoadLayer(c, loader, $"model.layers.{layer}."))])
        {
            Embedding = embedding,
            FinalNorm = loader.Vector("model.norm.weight", c.Width),
            Head = c.TieEmbeddings ? embedding : loader.Matrix("lm_head.weight", c.VocabularySize, c.Width),
            Frequencies = RotaryFrequencies.Compute(c),
        };
        loader.Tensors.RequireAllRead(c.TieEmbeddings ? ["lm_head.weight", "*.rotary_emb.inv_freq"] : ["*.rotary_emb.inv_freq"]);
        return weights;
    }

    private static TransformerLayerWeights LoadLayer(TransformerConfiguration c, WeightLoader loader, string prefix)
    {
        int queries = c.Heads * c.HeadWidth;
        int keys = c.KeyValueHeads * c.HeadWidth;
        return new TransformerLayerWeights
        {
            AttentionNorm = loader.Vector(prefix + "input_layernorm.weight", c.Width),
            Query = loader.Matrix(prefix + "self_attn.q_proj.weight", queries, c.Width),
            Key = loader.Matrix(prefix + "self_attn.k_proj.weight", keys, c.Width),
            Value = loader.Matrix(prefix + "self_attn.v_proj.weight", keys, c.Width),
            Output = loader.Matrix(prefix + "self_attn.o_proj.weight", c.Width, queries),
            QueryBias = c.QueryKeyValueBias ? loader.Vector(prefix + "self_attn.q_proj.bias", queries) : null,
            KeyBias = c.QueryKeyValueBias ? loader.Vector(prefix + "self_attn.k_proj.bias", keys) : null,
            ValueBias = c.QueryKeyValueBias ? loader.Vector(prefix + "self_attn.v_proj.bias", keys) : null,
            OutputBias = c.OutputBias ? loader.Vector(prefix + "self_attn.o_proj.bias", c.Width) : null,
            QueryNorm = c.QueryKeyNorm ? loader.Vector(prefix + "self_attn.q_norm.weight", c.HeadWidth) : null,
            KeyNorm = c.QueryKeyNorm ? loader.Vector(prefix + "self_attn.k_norm.weight", c.HeadWidth) : null,
            FeedForwardNorm = loader.Vector(prefix + "post_attention_layernorm.weight", c.Width),
            FeedForwardGate = loader.Matrix(prefix + "mlp.gate_proj.weight", c.FeedForwardWidth, c.Width),
            FeedForwardUp = loader.Matrix(prefix + "mlp.up_proj.weight", c.FeedForwardWidth, c.Width),
            FeedForwardDown = loader.Matrix(prefix + "mlp.down_proj.weight", c.Width, c.FeedForwardWidth),
        };
    }
}
