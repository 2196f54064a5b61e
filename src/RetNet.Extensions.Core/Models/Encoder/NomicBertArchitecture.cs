using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Models.Encoder;

/// <summary>Nomic BERT (arXiv 2402.01613): BERT with rotary positions, a gated feed-forward network and linear layers without biases. Its
/// config.json has the option names of the model's own code or those of transformers.</summary>
internal static class NomicBertArchitecture
{
    private const double DefaultTheta = 1000;
    private const int DefaultTrainedTokens = 2048;

    public static EncoderArchitecture NomicBert { get; } = new(["nomic_bert"], Read, new EncoderNames
    {
        Tokens = "embeddings.word_embeddings",
        TokenTypes = "embeddings.token_type_embeddings",
        EmbeddingNorm = "emb_ln",
        Layer = "encoder.layers.",
        Query = "attn.Wq",
        Key = "attn.Wk",
        Value = "attn.Wv",
        QueryKeyValue = "attn.Wqkv",
        Output = "attn.out_proj",
        AttentionNorm = "norm1",
        Gate = "mlp.fc12",
        Up = "mlp.fc11",
        Down = "mlp.fc2",
        FeedForwardNorm = "norm2",
    });

    private static EncoderConfiguration Read(ConfigurationReader options, EncoderArchitecture architecture)
    {
        options.RequireBoolean("prenorm", false);
        options.RequireBoolean("causal", false);
        options.RequireBoolean("use_rms_norm", false);
        options.RequireBoolean("qkv_proj_bias", false);
        options.RequireBoolean("mlp_fc1_bias", false);
        options.RequireBoolean("mlp_fc2_bias", false);
        options.RequireBoolean("rotary_emb_interleaved", false);
        options.RequireNumber("rotary_emb_fraction", 1);
        options.RequireNumber("num_experts", 0);
        options.Refuse("rotary_emb_scale_base");
        string activationOption = options.Contains("activation_function") ? "activation_function" : "hidden_act";
        if (options.OptionalText(activationOption) is { } activation && activation is not ("swiglu" or "silu"))
            throw options.TextFault(activationOption, "swiglu, or silu in hidden_act: others are not supported");
        ConfigurationReader? rotary = options.OptionalObject("rope_parameters");
        if (rotary?.OptionalText("rope_type") is not (null or "default"))
            throw rotary.Value.Fault("rope_type", "default: scalings are not supported");
        int width = Integer("n_embd", "hidden_size", ConfigurationReader.MaximumWidth);
        return new EncoderConfiguration
        {
            Architecture = architecture,
            ModelType = "nomic_bert",
            Width = width,
            Layers = Integer("n_layer", "num_hidden_layers", ConfigurationReader.MaximumLayers),
            Heads = Integer("n_head", "num_attention_heads", ConfigurationReader.MaximumWidth),
            FeedForwardWidth = options.IsNull("n_inner")
                ? 4 * width
                : Integer("n_inner", "intermediate_size", ConfigurationReader.MaximumWidth),
            VocabularySize = options.Integer("vocab_size", 1, ConfigurationReader.MaximumVocabulary),
            NormEpsilon = options.Epsilon(options.Contains("layer_norm_epsilon") ? "layer_norm_epsilon" : "layer_norm_eps", 1e-12f),
            MaximumTokens = Math.Min(Integer("n_positions", "max_position_embeddings", int.MaxValue), UnscaledTokens(options)),
            TokenTypes = options.OptionalInteger("type_vocab_size", 1, ConfigurationReader.MaximumVocabulary) ?? 2,
            RopeTheta = options.OptionalNumber("rotary_emb_base", 1, RotaryOptions.MaximumTheta)
                ?? rotary?.OptionalNumber("rope_theta", 1, RotaryOptions.MaximumTheta) ?? DefaultTheta,
            Biases = false,
            IsGated = true,
            IsGelu = false,
        };

        int Integer(string own, string other, int maximum) => options.Integer(options.Contains(own) ? own : other, 1, maximum);
    }

    // With rotary_scaling_factor the rotary base grows with the length of a text that has more than max_trained_positions. A shorter one
    // has the same angles as without; a longer one is not read.
    private static int UnscaledTokens(ConfigurationReader options) => options.Contains("rotary_scaling_factor")
        ? options.OptionalInteger("max_trained_positions", 1, int.MaxValue) ?? DefaultTrainedTokens
        : int.MaxValue;
}
