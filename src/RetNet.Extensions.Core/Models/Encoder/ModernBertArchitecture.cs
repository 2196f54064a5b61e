using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Models.Encoder;

/// <summary>ModernBERT (arXiv 2412.13663): norms before each half of a block, rotary positions, a gated feed-forward network, local
/// attention in most layers, no biases.</summary>
internal static class ModernBertArchitecture
{
    private const string Full = "full_attention";
    private const string Sliding = "sliding_attention";

    public static EncoderArchitecture ModernBert { get; } = new(["modernbert"], Read, new EncoderNames
    {
        Tokens = "embeddings.tok_embeddings",
        EmbeddingNorm = "embeddings.norm",
        Layer = "layers.",
        Query = "attn.Wq",
        Key = "attn.Wk",
        Value = "attn.Wv",
        QueryKeyValue = "attn.Wqkv",
        Output = "attn.Wo",
        AttentionNorm = "attn_norm",
        Gate = "mlp.Wg",
        Up = "mlp.Wu",
        GateUp = "mlp.Wi",
        Down = "mlp.Wo",
        FeedForwardNorm = "mlp_norm",
        FinalNorm = "final_norm",
        FirstLayerHasNoNorm = true,
    })
    {
        Prefix = "model.",
    };

    private static EncoderConfiguration Read(ConfigurationReader options, EncoderArchitecture architecture)
    {
        options.RequireBoolean("attention_bias", false);
        options.RequireBoolean("mlp_bias", false);
        options.RequireBoolean("norm_bias", false);
        if (options.OptionalText("hidden_activation") is not (null or "gelu"))
            throw options.TextFault("hidden_activation", "gelu: others are not supported");
        int layers = options.Integer("num_hidden_layers", 1, ConfigurationReader.MaximumLayers);
        int window = options.OptionalInteger("local_attention", 1, int.MaxValue) ?? 128;
        return new EncoderConfiguration
        {
            Architecture = architecture,
            ModelType = "modernbert",
            Width = options.Integer("hidden_size", 1, ConfigurationReader.MaximumWidth),
            Layers = layers,
            Heads = options.Integer("num_attention_heads", 1, ConfigurationReader.MaximumWidth),
            FeedForwardWidth = options.Integer("intermediate_size", 1, ConfigurationReader.MaximumWidth),
            VocabularySize = options.Integer("vocab_size", 1, ConfigurationReader.MaximumVocabulary),
            NormEpsilon = options.Epsilon("norm_eps", 1e-5f),
            MaximumTokens = options.OptionalInteger("max_position_embeddings", 1, int.MaxValue) ?? 8192,
            RopeTheta = Theta(options, "global_rope_theta", Full) ?? 160_000,
            Biases = false,
            IsGated = true,
            NormsFirst = true,
            Window = new EncoderWindow(window / 2, GlobalEvery(options, layers), Theta(options, "local_rope_theta", Sliding) ?? 10_000),
        };
    }

    private static double? Theta(ConfigurationReader options, string option, string layerType)
    {
        if (options.OptionalNumber(option, 1, RotaryOptions.MaximumTheta) is { } theta)
            return theta;
        ConfigurationReader? rotary = options.OptionalObject("rope_parameters")?.OptionalObject(layerType);
        if (rotary?.OptionalText("rope_type") is not (null or "default"))
            throw rotary.Value.Fault("rope_type", "default: scalings are not supported");
        return rotary?.OptionalNumber("rope_theta", 1, RotaryOptions.MaximumTheta);
    }

    // Checkpoints of transformers 5 list the layers instead.
    private static int GlobalEvery(ConfigurationReader options, int layers)
    {
        int every = options.OptionalInteger("global_attn_every_n_layers", 1, int.MaxValue) ?? 3;
        if (options.OptionalTexts("layer_types", layers) is not { } types)
            return every;
        every = types.Skip(1).ToList().IndexOf(Full) + 1;
        every = every == 0 ? layers : every;
        return types.Index().All(type => type.Item == (type.Index % every == 0 ? Full : Sliding))
            ? every
            : throw options.Fault("layer_types", $"{Full} for every nth layer from the first, {Sliding} for the others");
    }
}
