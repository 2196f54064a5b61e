namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>Under which names a dialect's checkpoints hold the tensors of a RetNet.</summary>
internal sealed class RetNetTensorNames
{
    /// <summary>torchscale's buffer of ln γ, <c>[H]</c>.</summary>
    public const string Decay = "retnet_rel_pos.decay";

    /// <summary>torchscale's buffer of rotary angles, each twice, <c>[dk]</c>.</summary>
    public const string Angle = "retnet_rel_pos.angle";

    private readonly RetNetConfiguration _configuration;

    public RetNetTensorNames(RetNetConfiguration configuration) => _configuration = configuration;

    public string Embedding => IsFla ? "model.embeddings.weight" : "embed_tokens.weight";

    /// <summary>Only where the configuration says so.</summary>
    public string EmbeddingNorm => "layernorm_embedding.weight";

    public string FinalNorm => IsFla ? "model.norm.weight" : "layer_norm.weight";

    public string Head => IsFla ? "lm_head.weight" : "output_projection.weight";

    /// <summary>Tensors that a checkpoint may have and that are not read.</summary>
    public string[] Ignorable
    {
        get
        {
            string other = IsFla ? "*.rotary.inv_freq" : "version";
            return _configuration.TieEmbeddings ? [Head, other] : [other];
        }
    }

    private bool IsFla => _configuration.Dialect == RetNetDialect.Fla;

    public LayerNames Layer(int layer) => IsFla ? FlaLayer($"model.layers.{layer}.") : TorchScaleLayer($"layers.{layer}.");

    private LayerNames FlaLayer(string prefix) => new()
    {
        RetentionNorm = prefix + "attn_norm.weight",
        Query = prefix + "attn.q_proj.weight",
        Key = prefix + "attn.k_proj.weight",
        Value = prefix + "attn.v_proj.weight",
        Gate = prefix + "attn.g_proj.weight",
        Output = prefix + "attn.o_proj.weight",
        HeadNorm = prefix + (_configuration.UseOutputGate && _configuration.FuseNorm
            ? "attn.g_norm_swish_gate.weight"
            : "attn.g_norm.weight"),
        FeedForwardNorm = prefix + "mlp_norm.weight",
        FeedForwardGate = prefix + "mlp.gate_proj.weight",
        FeedForwardUp = prefix + "mlp.up_proj.weight",
        FeedForwardDown = prefix + "mlp.down_proj.weight",
    };

    private static LayerNames TorchScaleLayer(string prefix) => new()
    {
        RetentionNorm = prefix + "retention_layer_norm.weight",
        Query = prefix + "retention.q_proj.weight",
        Key = prefix + "retention.k_proj.weight",
        Value = prefix + "retention.v_proj.weight",
        Gate = prefix + "retention.g_proj.weight",
        Output = prefix + "retention.out_proj.weight",
        HeadNorm = "",
        FeedForwardNorm = prefix + "final_layer_norm.weight",
        FeedForwardGate = prefix + "ffn.fc1.weight",
        FeedForwardUp = prefix + "ffn.gate.weight",
        FeedForwardDown = prefix + "ffn.fc2.weight",
    };

    /// <summary>The names of one block's tensors.</summary>
    internal readonly struct LayerNames
    {
        public required string RetentionNorm { get; init; }

        public required string Query { get; init; }

        public required string Key { get; init; }

        public required string Value { get; init; }

        /// <summary>Only with an output gate.</summary>
        public required string Gate { get; init; }

        public required string Output { get; init; }

        /// <summary>Only where the head norm has a weight.</summary>
        public required string HeadNorm { get; init; }

        public required string FeedForwardNorm { get; init; }

        /// <summary>Older fla files hold both branches here, <c>[2f × d]</c>, the activated one first.</summary>
        public required string FeedForwardGate { get; init; }

        public required string FeedForwardUp { get; init; }

        public required string FeedForwardDown { get; init; }
    }
}
