using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Encoder;

/// <summary>BERT (arXiv 1810.04805) and the encoders that have its blocks: RoBERTa, XLM-RoBERTa, DistilBERT.</summary>
internal static class BertArchitecture
{
    private const int RobertaPadding = 1;

    private static readonly EncoderNames Names = new()
    {
        Tokens = "embeddings.word_embeddings",
        Positions = "embeddings.position_embeddings",
        TokenTypes = "embeddings.token_type_embeddings",
        EmbeddingNorm = "embeddings.LayerNorm",
        Layer = "encoder.layer.",
        Query = "attention.self.query",
        Key = "attention.self.key",
        Value = "attention.self.value",
        Output = "attention.output.dense",
        AttentionNorm = "attention.output.LayerNorm",
        Up = "intermediate.dense",
        Down = "output.dense",
        FeedForwardNorm = "output.LayerNorm",
    };

    public static EncoderArchitecture Bert { get; } = new(["bert"], Read, Names) { Prefix = "bert." };

    public static EncoderArchitecture Roberta { get; } = new(["roberta", "xlm-roberta", "camembert"], ReadRoberta, Names)
    {
        Prefix = "roberta.",
    };

    public static EncoderArchitecture DistilBert { get; } = new(["distilbert"], ReadDistilBert, Names with
    {
        TokenTypes = "",
        Layer = "transformer.layer.",
        Query = "attention.q_lin",
        Key = "attention.k_lin",
        Value = "attention.v_lin",
        Output = "attention.out_lin",
        AttentionNorm = "sa_layer_norm",
        Up = "ffn.lin1",
        Down = "ffn.lin2",
        FeedForwardNorm = "output_layer_norm",
    })
    {
        HeadsOption = "n_heads",
        Prefix = "distilbert.",
    };

    private static EncoderConfiguration Read(ConfigurationReader options, EncoderArchitecture architecture)
    {
        options.RequireBoolean("is_decoder", false);
        RequireText(options, "position_embedding_type", "absolute");
        RequireText(options, "hidden_act", "gelu");
        int positions = options.OptionalInteger("max_position_embeddings", 1, ConfigurationReader.MaximumWidth) ?? 512;
        return new EncoderConfiguration
        {
            Architecture = architecture,
            ModelType = options.OptionalText("model_type")!,
            Width = options.Integer("hidden_size", 1, ConfigurationReader.MaximumWidth),
            Layers = options.Integer("num_hidden_layers", 1, ConfigurationReader.MaximumLayers),
            Heads = options.Integer(architecture.HeadsOption, 1, ConfigurationReader.MaximumWidth),
            FeedForwardWidth = options.Integer("intermediate_size", 1, ConfigurationReader.MaximumWidth),
            VocabularySize = options.Integer("vocab_size", 1, ConfigurationReader.MaximumVocabulary),
            NormEpsilon = options.Epsilon("layer_norm_eps", 1e-12f),
            Positions = positions,
            MaximumTokens = positions,
            TokenTypes = options.OptionalInteger("type_vocab_size", 1, ConfigurationReader.MaximumVocabulary) ?? 2,
        };
    }

    private static EncoderConfiguration ReadRoberta(ConfigurationReader options, EncoderArchitecture architecture)
    {
        EncoderConfiguration c = Read(options, architecture);
        int first = (options.OptionalTokenId("pad_token_id", c.VocabularySize) ?? RobertaPadding) + 1;
        return first < c.Positions
            ? c with { FirstPosition = first, MaximumTokens = c.Positions - first }
            : throw options.Fault("max_position_embeddings", $"more than {first}, the first position after pad_token_id");
    }

    private static EncoderConfiguration ReadDistilBert(ConfigurationReader options, EncoderArchitecture architecture)
    {
        RequireText(options, "activation", "gelu");
        int positions = options.OptionalInteger("max_position_embeddings", 1, ConfigurationReader.MaximumWidth) ?? 512;
        return new EncoderConfiguration
        {
            Architecture = architecture,
            ModelType = options.OptionalText("model_type")!,
            Width = options.Integer("dim", 1, ConfigurationReader.MaximumWidth),
            Layers = options.Integer("n_layers", 1, ConfigurationReader.MaximumLayers),
            Heads = options.Integer(architecture.HeadsOption, 1, ConfigurationReader.MaximumWidth),
            FeedForwardWidth = options.Integer("hidden_dim", 1, ConfigurationReader.MaximumWidth),
            VocabularySize = options.Integer("vocab_size", 1, ConfigurationReader.MaximumVocabulary),
            NormEpsilon = 1e-12f,
            Positions = positions,
            MaximumTokens = positions,
        };
    }

    private static void RequireText(ConfigurationReader options, string option, string supported)
    {
        if (options.OptionalText(option) is { } text && text != supported)
            throw options.TextFault(option, $"{supported}: others are not supported");
    }
}
