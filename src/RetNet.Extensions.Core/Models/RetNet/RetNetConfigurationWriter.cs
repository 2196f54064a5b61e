using System.Text.Json.Nodes;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>Writes the config.json of a RetNet, which <see cref="RetNetConfiguration.Parse"/> reads back.</summary>
internal static class RetNetConfigurationWriter
{
    public static string Write(RetNetConfiguration c) =>
        (c.Dialect == RetNetDialect.Fla ? Fla(c) : TorchScale(c)).ToJsonString(ConfigurationTokens.Indented);

    private static JsonObject Fla(RetNetConfiguration c) => new()
    {
        ["architectures"] = new JsonArray("RetNetForCausalLM"),
        ["model_type"] = "retnet",
        ["attn_mode"] = "chunk",
        ["hidden_size"] = c.Width,
        ["expand_k"] = Expansion(c.Heads * c.KeyWidth, c.Width),
        ["expand_v"] = Expansion(c.Heads * c.ValueWidth, c.Width),
        ["hidden_ratio"] = null,
        ["intermediate_size"] = c.FeedForwardWidth,
        ["num_hidden_layers"] = c.Layers,
        ["num_heads"] = c.Heads,
        ["num_kv_heads"] = c.KeyValueHeads == c.Heads ? null : c.KeyValueHeads,
        ["feature_map"] = null,
        ["hidden_act"] = "swish",
        ["use_short_conv"] = false,
        ["use_output_gate"] = c.UseOutputGate,
        ["elementwise_affine"] = c.HeadNormHasWeight,
        ["fuse_norm"] = c.FuseNorm,
        ["norm_eps"] = c.NormEpsilon,
        ["max_position_embeddings"] = c.ContextLength,
        ["vocab_size"] = c.VocabularySize,
        ["bos_token_id"] = c.BosTokenId,
        ["eos_token_id"] = ConfigurationTokens.EndOfSequence(c.EosTokenIds),
        ["pad_token_id"] = c.PadTokenId,
        [RetNetConfigurationReader.TieOption(c.Dialect)] = c.TieEmbeddings,
        ["torch_dtype"] = "float32",
    };

    private static JsonObject TorchScale(RetNetConfiguration c) => new()
    {
        ["decoder_embed_dim"] = c.Width,
        ["decoder_value_embed_dim"] = c.Heads * c.ValueWidth,
        ["decoder_retention_heads"] = c.Heads,
        ["decoder_ffn_embed_dim"] = c.FeedForwardWidth,
        ["decoder_layers"] = c.Layers,
        ["decoder_normalize_before"] = true,
        ["activation_fn"] = c.Activation switch
        {
            RetNetActivation.Gelu => "gelu",
            RetNetActivation.Relu => "relu",
            _ => "swish",
        },
        ["no_scale_embedding"] = c.EmbeddingScale == 1,
        ["layernorm_embedding"] = c.EmbeddingNorm,
        ["layernorm_eps"] = c.NormEpsilon,
        [RetNetConfigurationReader.TieOption(c.Dialect)] = c.TieEmbeddings,
        ["max_target_positions"] = c.ContextLength,
        ["recurrent_chunk_size"] = c.ChunkSize,
        ["vocab_size"] = c.VocabularySize,
        ["bos_token_id"] = c.BosTokenId,
        ["eos_token_id"] = ConfigurationTokens.EndOfSequence(c.EosTokenIds),
        ["pad_token_id"] = c.PadTokenId,
    };

    // fla multiplies and cuts off: the quotient must not come out a little too small.
    private static double Expansion(int width, int modelWidth)
    {
        double factor = (double)width / modelWidth;
        return (int)Math.Truncate(modelWidth * factor) == width ? factor : Math.BitIncrement(factor);
    }
}
