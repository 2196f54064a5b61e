namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Under which names transformers' checkpoints hold the tensors of a decoder of the Llama family.</summary>
internal static class TransformerTensorNames
{
    public const string Embedding = "model.embed_tokens.weight";
    public const string FinalNorm = "model.norm.weight";
    public const string Head = "lm_head.weight";

    /// <summary>Tensors that a checkpoint may have and that are not read.</summary>
    public static string[] Ignorable(TransformerConfiguration c) => c.TieEmbeddings
        ? [Head, "*.rotary_emb.inv_freq"]
        : ["*.rotary_emb.inv_freq"];

    public static LayerNames Layer(int layer) => new($"model.layers.{layer}.");

    /// <summary>The names of one block's tensors.</summary>
    internal readonly struct LayerNames(string prefix)
    {
        public string AttentionNorm => prefix + "input_layernorm.weight";

        public string Query => prefix + "self_attn.q_proj.weight";

        public string Key => prefix + "self_attn.k_proj.weight";

        public string Value => prefix + "self_attn.v_proj.weight";

        public string Output => prefix + "self_attn.o_proj.weight";

        public string QueryBias => prefix + "self_attn.q_proj.bias";

        public string KeyBias => prefix + "self_attn.k_proj.bias";

        public string ValueBias => prefix + "self_attn.v_proj.bias";

        public string OutputBias => prefix + "self_attn.o_proj.bias";

        public string QueryNorm => prefix + "self_attn.q_norm.weight";

        public string KeyNorm => prefix + "self_attn.k_norm.weight";

        public string FeedForwardNorm => prefix + "post_attention_layernorm.weight";

        public string FeedForwardGate => prefix + "mlp.gate_proj.weight";

        public string FeedForwardUp => prefix + "mlp.up_proj.weight";

        public string FeedForwardDown => prefix + "mlp.down_proj.weight";
    }
}
