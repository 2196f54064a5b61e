using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>Maps the options of the two dialects to a <see cref="RetNetConfiguration"/>, with each library's own defaults.</summary>
internal static class RetNetConfigurationReader
{
    /// <summary>The chunk length of fla's kernels.</summary>
    internal const int FlaChunkSize = 64;

    private const string FlaTieOption = "tie_word_embeddings", TorchScaleTieOption = "share_decoder_input_output_embed";
    private const double MinimumExpansion = 1e-6;
    private const double MaximumExpansion = 1024;

    // Values of the state of a layer, 1 GiB of float32: 128 times that of the paper's largest model. A state is no part of the file, so its
    // size is checked.
    private const long MaximumStateValues = 1L << 28;

    /// <summary>The option that says whether the head is the embedding.</summary>
    public static string TieOption(RetNetDialect dialect) => dialect == RetNetDialect.Fla ? FlaTieOption : TorchScaleTieOption;

    /// <summary>Reads fla/models/retnet/configuration_retnet.py's options.</summary>
    public static RetNetConfiguration ReadFla(ConfigurationReader options)
    {
        options.Refuse("attn");
        options.Refuse("attnres_block_size");
        options.Refuse("feature_map");
        options.Refuse("quantization_config");
        options.RequireBoolean("use_short_conv", false);
        if (options.OptionalText("hidden_act") is not (null or "swish"))
            throw options.Fault("hidden_act", "swish: other activations are not supported");

        int width = options.Integer("hidden_size", 1, ConfigurationReader.MaximumWidth);
        int heads = options.Integer("num_heads", 1, width);
        int keyValueHeads = options.OptionalInteger("num_kv_heads", 1, heads) ?? heads;
        if (heads % keyValueHeads != 0)
            throw options.Fault("num_kv_heads", $"a divisor of num_heads, {heads}");
        int keyWidth = RequireEven(options, "expand_k", ExpandedHeadWidth(options, "expand_k", 1, width, heads));
        int valueWidth = ExpandedHeadWidth(options, "expand_v", 2, width, heads);
        RequireStateSize(options, "expand_v", heads, keyWidth, valueWidth);
        int vocabularySize = options.Integer("vocab_size", 1, ConfigurationReader.MaximumVocabulary);

        return new RetNetConfiguration
        {
            Dialect = RetNetDialect.Fla,
            Width = width,
            Layers = options.Integer("num_hidden_layers", 1, ConfigurationReader.MaximumLayers),
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            KeyWidth = keyWidth,
            ValueWidth = valueWidth,
            FeedForwardWidth = options.OptionalInteger("intermediate_size", 1, ConfigurationReader.MaximumWidth)
                ?? DefaultFeedForwardWidth(options, width),
            Activation = RetNetActivation.Swish,
            UseOutputGate = options.Boolean("use_output_gate", true),
            FuseNorm = options.Boolean("fuse_norm", true),
            HeadNormHasWeight = options.Boolean("elementwise_affine", true),
            NormEpsilon = options.Epsilon("norm_eps", 1e-6f),
            EmbeddingScale = 1,
            EmbeddingNorm = false,
            TieEmbeddings = options.Boolean(FlaTieOption, false),
            VocabularySize = vocabularySize,
            ChunkSize = FlaChunkSize,
            ContextLength = options.OptionalInteger("max_position_embeddings", 1, int.MaxValue) ?? 2048,
            BosTokenId = options.OptionalTokenId("bos_token_id", vocabularySize),
            EosTokenIds = options.TokenIds("eos_token_id", vocabularySize),
            PadTokenId = options.OptionalTokenId("pad_token_id", vocabularySize),
        };
    }

    /// <summary>Reads torchscale/architecture/config.py's RetNetConfig. Its subln, xpos_rel_pos and rel_pos_buckets have no effect on a
    /// RetNet there.</summary>
    public static RetNetConfiguration ReadTorchScale(ConfigurationReader options)
    {
        options.RequireBoolean("deepnorm", false);
        options.RequireBoolean("multiway", false);
        options.RequireBoolean("use_xmoe", false);
        options.RequireNumber("moe_freq", 0);
        options.RequireBoolean("decoder_normalize_before", true);
        options.RequireBoolean("no_output_layer", false);

        int width = options.Integer("decoder_embed_dim", 1, ConfigurationReader.MaximumWidth);
        int allValuesWidth = options.Integer("decoder_value_embed_dim", 1, ConfigurationReader.MaximumWidth);
        int heads = options.Integer("decoder_retention_heads", 1, width);
        int keyWidth = RequireEven(options, "decoder_embed_dim", HeadWidth(options, "decoder_embed_dim", width, heads));
        if (keyWidth == 2)
        {
            throw options.Fault(
                "decoder_embed_dim", $"more than 2 per head ({heads} heads): torchscale's rotary angles are not defined for 2");
        }

        int valueWidth = HeadWidth(options, "decoder_value_embed_dim", allValuesWidth, heads);
        RequireStateSize(options, "decoder_value_embed_dim", heads, keyWidth, valueWidth);
        int vocabularySize = options.Integer("vocab_size", 1, ConfigurationReader.MaximumVocabulary);

        return new RetNetConfiguration
        {
            Dialect = RetNetDialect.TorchScale,
            Width = width,
            Layers = options.Integer("decoder_layers", 1, ConfigurationReader.MaximumLayers),
            Heads = heads,
            KeyValueHeads = heads,
            KeyWidth = keyWidth,
            ValueWidth = valueWidth,
            FeedForwardWidth = options.Integer("decoder_ffn_embed_dim", 1, ConfigurationReader.MaximumWidth),
            Activation = options.OptionalText("activation_fn") switch
            {
                null or "gelu" => RetNetActivation.Gelu,
                "swish" => RetNetActivation.Swish,
                "relu" => RetNetActivation.Relu,
                _ => throw options.Fault("activation_fn", "gelu, swish or relu"),
            },
            UseOutputGate = true,
            FuseNorm = false,
            HeadNormHasWeight = false,
            NormEpsilon = options.Epsilon("layernorm_eps", 1e-6f),
            EmbeddingScale = options.Boolean("no_scale_embedding", true) ? 1 : MathF.Sqrt(width),
            EmbeddingNorm = options.Boolean("layernorm_embedding", false),
            TieEmbeddings = options.Boolean(TorchScaleTieOption, false),
            VocabularySize = vocabularySize,
            ChunkSize = options.OptionalInteger("recurrent_chunk_size", 1, ConfigurationReader.MaximumWidth) ?? 512,
            ContextLength = options.OptionalInteger("max_target_positions", 1, int.MaxValue) ?? 1024,
            BosTokenId = options.OptionalTokenId("bos_token_id", vocabularySize),
            EosTokenIds = options.TokenIds("eos_token_id", vocabularySize),
            PadTokenId = options.OptionalTokenId("pad_token_id", vocabularySize),
        };
    }

    // fla: int(hidden_size * expand), cut into num_heads heads.
    private static int ExpandedHeadWidth(ConfigurationReader options, string option, double absent, int width, int heads)
    {
        double expanded = Math.Truncate(width * (options.OptionalNumber(option, MinimumExpansion, MaximumExpansion) ?? absent));
        if (expanded is < 1 or > ConfigurationReader.MaximumWidth)
        {
            throw options.Fault(
                option, $"a factor that takes hidden_size, {width}, to a width from 1 to {ConfigurationReader.MaximumWidth}");
        }

        return HeadWidth(options, option, (int)expanded, heads);
    }

    private static int HeadWidth(ConfigurationReader options, string option, int width, int heads)
        => width % heads == 0 ? width / heads : throw options.Fault(option, $"a width (here {width}) that {heads} heads divide");

    private static int RequireEven(ConfigurationReader options, string option, int keyWidth)
        => keyWidth % 2 == 0 ? keyWidth : throw options.Fault(option, $"an even key width per head (here {keyWidth}), for rotary pairs");

    private static void RequireStateSize(ConfigurationReader options, string option, int heads, int keyWidth, int valueWidth)
    {
        if ((long)heads * keyWidth * valueWidth > MaximumStateValues)
        {
            throw options.Fault(
                option, $"a state of at most {MaximumStateValues} values per layer (here {heads} heads × {keyWidth} × {valueWidth})");
        }
    }

    // fla's GatedMLP: the next multiple of 256 from two thirds of hidden_ratio · d.
    private static int DefaultFeedForwardWidth(ConfigurationReader options, int width)
    {
        double ratio = options.OptionalNumber("hidden_ratio", MinimumExpansion, MaximumExpansion)
            ?? (options.IsNull("hidden_ratio") ? 4 : 2);
        double rounded = 256 * Math.Ceiling(Math.Truncate(width * ratio * 2 / 3) / 256);
        return rounded is >= 1 and <= ConfigurationReader.MaximumWidth
            ? (int)rounded
            : throw options.Fault("hidden_ratio", $"a ratio that gives a feed-forward width from 1 to {ConfigurationReader.MaximumWidth}");
    }
}
