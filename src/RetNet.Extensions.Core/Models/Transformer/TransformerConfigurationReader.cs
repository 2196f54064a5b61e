using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Maps the options that the configurations of all architectures have in common.</summary>
internal static class TransformerConfigurationReader
{
    /// <summary>Reads the common options; what an architecture has beyond them is Llama's.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="modelType">The architecture's model_type.</param>
    /// <param name="contextLength">max_position_embeddings where it is absent.</param>
    /// <param name="keyValueHeads">num_key_value_heads where it is absent; null for num_attention_heads.</param>
    /// <param name="headWidth">head_dim where it is absent; null for hidden_size / num_attention_heads.</param>
    /// <param name="hasExperts">Whether the architecture reads options of experts.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="CheckpointException">An option is missing, out of range, or set to what is not supported.</exception>
    public static TransformerConfiguration Read(
        ConfigurationReader options, string modelType, int contextLength, int? keyValueHeads = null, int? headWidth = null,
        bool hasExperts = false)
    {
        options.Refuse("quantization_config");
        options.RequireBoolean("mlp_bias", false);
        options.RequireBoolean("use_mrope", false);
        if (!hasExperts)
        {
            options.RequireNumber("num_experts", 0);
            options.RequireNumber("num_local_experts", 0);
        }

        options.RequireNumber("partial_rotary_factor", 1);
        if (options.OptionalText("hidden_act") is not (null or "silu"))
            throw options.Fault("hidden_act", "silu: other activations are not supported");

        int width = options.Integer("hidden_size", 1, ConfigurationReader.MaximumWidth);
        int layers = options.Integer("num_hidden_layers", 1, ConfigurationReader.MaximumLayers);
        int heads = options.Integer("num_attention_heads", 1, ConfigurationReader.MaximumWidth);
        int vocabularySize = options.Integer("vocab_size", 1, ConfigurationReader.MaximumVocabulary);
        int widthOfHead = HeadWidth(options, headWidth, width, heads);
        (double ropeTheta, RotaryScaling? scaling) = RotaryOptions.Read(options);
        if (scaling is DividedRotaryScaling { Divisors.Count: int divisors } && divisors != widthOfHead / 2)
            throw options.Fault("rope_scaling", $"{widthOfHead / 2} factors, one for each rotary pair, not {divisors}");

        return new TransformerConfiguration
        {
            ModelType = modelType,
            Width = width,
            Layers = layers,
            Heads = heads,
            KeyValueHeads = KeyValueHeads(options, keyValueHeads ?? heads, heads),
            HeadWidth = widthOfHead,
            FeedForwardWidth = options.Integer("intermediate_size", 1, ConfigurationReader.MaximumWidth),
            NormEpsilon = options.Epsilon("rms_norm_eps", 1e-6f),
            RopeTheta = ropeTheta,
            RotaryScaling = scaling,
            QueryKeyValueBias = false,
            OutputBias = false,
            QueryKeyNorm = QueryKeyNorm.None,
            TieEmbeddings = options.Boolean("tie_word_embeddings", false),
            VocabularySize = vocabularySize,
            ContextLength = options.OptionalInteger("max_position_embeddings", 1, int.MaxValue) ?? contextLength,
            SlidingWindows = new int?[layers],
            BosTokenId = options.OptionalTokenId("bos_token_id", vocabularySize),
            EosTokenIds = options.TokenIds("eos_token_id", vocabularySize),
            PadTokenId = options.OptionalTokenId("pad_token_id", vocabularySize),
        };
    }

    private static int KeyValueHeads(ConfigurationReader options, int absent, int heads)
    {
        const string Option = "num_key_value_heads";
        absent = options.IsNull(Option) ? heads : absent;
        int keyValueHeads = options.OptionalInteger(Option, 1, heads) ?? absent;
        return heads % keyValueHeads == 0
            ? keyValueHeads
            : throw options.Fault(
                Option, $"a divisor of num_attention_heads, {heads} (where the option is absent, its default is {absent})");
    }

    private static int HeadWidth(ConfigurationReader options, int? absent, int width, int heads)
    {
        int? headWidth = options.OptionalInteger("head_dim", 1, ConfigurationReader.MaximumWidth);
        if (!options.IsNull("head_dim"))
            headWidth ??= absent;
        if (headWidth is null && width % heads != 0)
            throw options.Fault("hidden_size", $"a width that {heads} heads divide, where head_dim is not given");
        headWidth ??= width / heads;
        if (headWidth % 2 != 0)
            throw options.Fault("head_dim", $"an even width per head (here {headWidth}), for rotary pairs");
        if ((long)headWidth * heads > ConfigurationReader.MaximumWidth)
            throw options.Fault("head_dim", $"{heads} heads of at most {ConfigurationReader.MaximumWidth / heads}");
        return headWidth.Value;
    }
}
