using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Maps the options that the configurations of all architectures have in common.</summary>
internal static class TransformerConfigurationReader
{
    /// <summary>Whether the head is the embedding.</summary>
    public const string TieOption = "tie_word_embeddings";

    /// <summary>Reads the common options; what an architecture has beyond them is Llama's.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="modelType">The architecture's model_type.</param>
    /// <param name="defaults">What absent options mean.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="CheckpointException">An option is missing, out of range, or set to what is not supported.</exception>
    public static TransformerConfiguration Read(ConfigurationReader options, string modelType, ArchitectureDefaults defaults)
    {
        if (!defaults.HasExperts || options.OptionalObject("quantization_config")?.OptionalText("quant_method") != "mxfp4")
            options.Refuse("quantization_config");
        options.RequireBoolean("mlp_bias", false);
        options.RequireBoolean("use_mrope", false);
        options.RequireBoolean("is_causal", true);
        if (!defaults.HasExperts)
        {
            RequireOneNetwork(options, "num_experts");
            RequireOneNetwork(options, "num_local_experts");
        }

        RequireActivation(options, "hidden_act", defaults.Activations);

        int width = options.Integer("hidden_size", 1, ConfigurationReader.MaximumWidth);
        int layers = options.Integer("num_hidden_layers", 1, ConfigurationReader.MaximumLayers);
        int heads = Integer(options, "num_attention_heads", ConfigurationReader.MaximumWidth, defaults.Heads);
        int vocabularySize = Integer(options, "vocab_size", ConfigurationReader.MaximumVocabulary, defaults.VocabularySize);
        int contextLength = options.OptionalInteger("max_position_embeddings", 1, int.MaxValue) ?? defaults.ContextLength;
        int headWidth = HeadWidth(options, defaults.HeadWidth, width, heads);
        RotaryOptions rotation = new(options, contextLength);
        int rotaryWidth = defaults.RotaryPart is { } part ? RotaryWidth(options, headWidth, rotation.ReadPart(part)) : headWidth;
        if (defaults.RotaryPart is null)
            rotation.RequireWhole();
        (double ropeTheta, RotaryScaling? scaling) = rotation.Read(defaults.RopeTheta);
        RequireFactors(options, scaling, rotaryWidth / 2);

        return new TransformerConfiguration
        {
            ModelType = modelType,
            Width = width,
            Layers = layers,
            Heads = heads,
            KeyValueHeads = KeyValueHeads(options, defaults.KeyValueHeads ?? heads, heads),
            HeadWidth = headWidth,
            RotaryWidth = rotaryWidth == headWidth ? 0 : rotaryWidth,
            FeedForwardWidth = options.Integer("intermediate_size", 1, ConfigurationReader.MaximumWidth),
            NormEpsilon = options.Epsilon("rms_norm_eps", defaults.NormEpsilon),
            RopeTheta = ropeTheta,
            RotaryScaling = scaling,
            QueryKeyValueBias = false,
            OutputBias = false,
            QueryKeyNorm = QueryKeyNorm.None,
            TieEmbeddings = options.Boolean(TieOption, defaults.TieEmbeddings),
            VocabularySize = vocabularySize,
            ContextLength = contextLength,
            SlidingWindows = new int?[layers],
            BosTokenId = options.OptionalTokenId("bos_token_id", vocabularySize),
            EosTokenIds = options.TokenIds("eos_token_id", vocabularySize),
            PadTokenId = options.OptionalTokenId("pad_token_id", vocabularySize),
        };
    }

    /// <summary>Requires an option, where it is there, to name one of some activations.</summary>
    public static void RequireActivation(ConfigurationReader options, string option, params string[] known)
    {
        if (options.OptionalText(option) is { } text && !known.Contains(text))
            throw options.Fault(option, $"{string.Join(" or ", known)}: other activations are not supported");
    }

    // Hunyuan writes 1 for its one network.
    private static void RequireOneNetwork(ConfigurationReader options, string experts)
    {
        if (options.OptionalInteger(experts, 0, int.MaxValue) > 1)
            throw options.Fault(experts, "at most 1: experts are not supported in this architecture");
    }

    private static int Integer(ConfigurationReader options, string option, int maximum, int? absent) =>
        absent is not { } known || options.Contains(option) ? options.Integer(option, 1, maximum) : known;

    private static int RotaryWidth(ConfigurationReader options, int headWidth, double part)
    {
        int width = (int)(headWidth * part);
        return width > 0 && width % 2 == 0 ? width : throw options.Fault(
            "partial_rotary_factor", $"a part of {headWidth}, the width of a head, that is even (here {width}), for rotary pairs");
    }

    private static void RequireFactors(ConfigurationReader options, RotaryScaling? scaling, int pairs)
    {
        IReadOnlyList<float>[] lists = scaling switch
        {
            DividedRotaryScaling divided => [divided.Divisors],
            LongRotaryScaling both => [both.ShortFactors, both.LongFactors],
            _ => [],
        };
        if (lists.FirstOrDefault(list => list.Count != pairs) is { } wrong)
        {
            string option = options.Contains("rope_scaling") ? "rope_scaling" : "rope_parameters";
            throw options.Fault(option, $"{pairs} factors, one for each rotary pair, not {wrong.Count}");
        }
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

/// <summary>What a configuration of an architecture means where it leaves a common option out.</summary>
internal sealed record ArchitectureDefaults
{
    /// <summary>max_position_embeddings.</summary>
    public required int ContextLength { get; init; }

    /// <summary>num_attention_heads; null where it must be there.</summary>
    public int? Heads { get; init; }

    /// <summary>num_key_value_heads; null for num_attention_heads.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>head_dim; null for hidden_size / num_attention_heads.</summary>
    public int? HeadWidth { get; init; }

    /// <summary>vocab_size; null where it must be there.</summary>
    public int? VocabularySize { get; init; }

    /// <summary>rms_norm_eps.</summary>
    public float NormEpsilon { get; init; } = 1e-6f;

    /// <summary>tie_word_embeddings.</summary>
    public bool TieEmbeddings { get; init; }

    /// <summary>rope_theta.</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>Whether the architecture reads options of experts.</summary>
    public bool HasExperts { get; init; }

    /// <summary>partial_rotary_factor; null where heads must be rotated as a whole.</summary>
    public double? RotaryPart { get; init; }

    /// <summary>The texts that hidden_act may have.</summary>
    public string[] Activations { get; init; } = ["silu"];
}
