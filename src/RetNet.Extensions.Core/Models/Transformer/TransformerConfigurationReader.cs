using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Maps the options of transformers' Llama, Mistral, Qwen2 and Qwen3 configurations, with each class's own defaults.</summary>
internal static class TransformerConfigurationReader
{
    private const string FullAttention = "full_attention";
    private const string SlidingAttention = "sliding_attention";

    public static TransformerConfiguration Read(ConfigurationReader options)
    {
        options.Refuse("quantization_config");
        options.RequireBoolean("mlp_bias", false);
        options.RequireBoolean("use_mrope", false);
        options.RequireNumber("num_experts", 0);
        options.RequireNumber("num_local_experts", 0);
        options.RequireNumber("partial_rotary_factor", 1);
        if (options.OptionalText("hidden_act") is not (null or "silu"))
            throw options.Fault("hidden_act", "silu: other activations are not supported");

        string modelType = options.OptionalText("model_type")!;
        int width = options.Integer("hidden_size", 1, ConfigurationReader.MaximumWidth);
        int layers = options.Integer("num_hidden_layers", 1, ConfigurationReader.MaximumLayers);
        int heads = options.Integer("num_attention_heads", 1, ConfigurationReader.MaximumWidth);
        int vocabularySize = options.Integer("vocab_size", 1, ConfigurationReader.MaximumVocabulary);
        bool attentionBias = modelType is "llama" or "qwen3" && options.Boolean("attention_bias", false);
        int headWidth = HeadWidth(options, modelType, width, heads);
        (double ropeTheta, RotaryScaling? scaling) = RotaryOptions.Read(options);
        if (scaling is DividedRotaryScaling { Divisors.Count: int divisors } && divisors != headWidth / 2)
            throw options.Fault("rope_scaling", $"{headWidth / 2} factors, one for each rotary pair, not {divisors}");

        return new TransformerConfiguration
        {
            ModelType = modelType,
            Width = width,
            Layers = layers,
            Heads = heads,
            KeyValueHeads = KeyValueHeads(options, modelType, heads),
            HeadWidth = headWidth,
            FeedForwardWidth = options.Integer("intermediate_size", 1, ConfigurationReader.MaximumWidth),
            NormEpsilon = options.Epsilon("rms_norm_eps", 1e-6f),
            RopeTheta = ropeTheta,
            RotaryScaling = scaling,
            QueryKeyValueBias = modelType == "qwen2" || attentionBias,
            OutputBias = attentionBias,
            QueryKeyNorm = modelType == "qwen3",
            TieEmbeddings = options.Boolean("tie_word_embeddings", false),
            VocabularySize = vocabularySize,
            ContextLength = options.OptionalInteger("max_position_embeddings", 1, int.MaxValue) ?? modelType switch
            {
                "llama" => 2048,
                "mistral" => 131072,
                _ => 32768,
            },
            SlidingWindows = SlidingWindows(options, modelType, layers),
            BosTokenId = options.OptionalTokenId("bos_token_id", vocabularySize),
            EosTokenIds = options.TokenIds("eos_token_id", vocabularySize),
            PadTokenId = options.OptionalTokenId("pad_token_id", vocabularySize),
        };
    }

    private static int KeyValueHeads(ConfigurationReader options, string modelType, int heads)
    {
        const string Option = "num_key_value_heads";
        int absent = options.IsNull(Option) ? heads : modelType switch
        {
            "llama" => heads,
            "mistral" => 8,
            _ => 32,
        };
        int keyValueHeads = options.OptionalInteger(Option, 1, heads) ?? absent;
        return heads % keyValueHeads == 0
            ? keyValueHeads
            : throw options.Fault(
                Option, $"a divisor of num_attention_heads, {heads} (where the option is absent, its default is {absent})");
    }

    private static int HeadWidth(ConfigurationReader options, string modelType, int width, int heads)
    {
        int? headWidth = options.OptionalInteger("head_dim", 1, ConfigurationReader.MaximumWidth);
        if (headWidth is null && modelType == "qwen3" && !options.IsNull("head_dim"))
            headWidth = 128;
        if (headWidth is null && width % heads != 0)
            throw options.Fault("hidden_size", $"a width that {heads} heads divide, where head_dim is not given");
        headWidth ??= width / heads;
        if (headWidth % 2 != 0)
            throw options.Fault("head_dim", $"an even width per head (here {headWidth}), for rotary pairs");
        if ((long)headWidth * heads > ConfigurationReader.MaximumWidth)
            throw options.Fault("head_dim", $"{heads} heads of at most {ConfigurationReader.MaximumWidth / heads}");
        return headWidth.Value;
    }

    // Llama has no window; Mistral's holds for every layer; Qwen's holds from layer max_window_layers on, or where layer_types says so.
    private static int?[] SlidingWindows(ConfigurationReader options, string modelType, int layers)
    {
        bool isQwen = modelType is "qwen2" or "qwen3";
        int? window = null;
        if (modelType == "mistral" || (isQwen && options.Boolean("use_sliding_window", false)))
            window = options.OptionalInteger("sliding_window", 1, int.MaxValue) ?? (options.IsNull("sliding_window") ? null : 4096);
        int firstWithWindow = isQwen ? options.OptionalInteger("max_window_layers", 0, int.MaxValue) ?? 28 : 0;
        IReadOnlyList<string>? layerTypes = options.OptionalTexts("layer_types", layers);

        int?[] windows = new int?[layers];
        for (int layer = 0; layer < layers; layer++)
        {
            windows[layer] = layer >= firstWithWindow ? window : null;
            if (layerTypes is null)
                continue;
            windows[layer] = layerTypes[layer] switch
            {
                FullAttention => null,
                SlidingAttention => window ?? throw options.Fault("layer_types", $"no {SlidingAttention}, as no sliding window is set"),
                _ => throw options.Fault("layer_types", $"{FullAttention} or {SlidingAttention} for layer {layer}"),
            };
            if (modelType == "mistral" && windows[layer] != window)
                throw options.Fault("layer_types", $"{SlidingAttention} for every layer, as sliding_window is set");
        }

        return windows;
    }
}
