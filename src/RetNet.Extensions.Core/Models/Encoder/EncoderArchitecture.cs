using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Encoder;

/// <summary>An architecture of encoders: how transformers names its tensors and the options of its config.json.</summary>
/// <param name="ModelTypes">Values of <c>model_type</c>.</param>
/// <param name="Read">Reads a config.json.</param>
/// <param name="Names">The names of the tensors.</param>
internal sealed record EncoderArchitecture(
    string[] ModelTypes, Func<ConfigurationReader, EncoderArchitecture, EncoderConfiguration> Read, EncoderNames Names)
{
    private static readonly EncoderArchitecture[] All =
        [BertArchitecture.Bert, BertArchitecture.Roberta, BertArchitecture.DistilBert, NomicBertArchitecture.NomicBert,
            ModernBertArchitecture.ModernBert];

    /// <summary>The option that has the number of heads.</summary>
    public string HeadsOption { get; init; } = "num_attention_heads";

    /// <summary>A prefix that the names may have.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>What messages expect of <c>model_type</c>.</summary>
    public static string Expected => string.Join(", ", All.SelectMany(architecture => architecture.ModelTypes));

    /// <summary>The architecture that a config.json names; null if it is none of an encoder.</summary>
    public static EncoderArchitecture? Find(ConfigurationReader options)
    {
        string? type = options.OptionalText("model_type");
        return All.FirstOrDefault(architecture => architecture.ModelTypes.Contains(type));
    }
}

/// <summary>Names of tensors, without <c>.weight</c> and <c>.bias</c>; those of a layer follow <see cref="Layer"/>, its number and a dot.
/// An empty name stands for a tensor that the architecture does not have.</summary>
internal sealed record EncoderNames
{
    public required string Tokens { get; init; }

    public string Positions { get; init; } = "";

    public string TokenTypes { get; init; } = "";

    public required string EmbeddingNorm { get; init; }

    public required string Layer { get; init; }

    public required string Query { get; init; }

    public required string Key { get; init; }

    public required string Value { get; init; }

    /// <summary>W_q, W_k and W_v in one, one above the other.</summary>
    public string QueryKeyValue { get; init; } = "";

    public required string Output { get; init; }

    public required string AttentionNorm { get; init; }

    /// <summary>The activated branch of a gated feed-forward network.</summary>
    public string Gate { get; init; } = "";

    public required string Up { get; init; }

    /// <summary>Both branches in one, the activated one above.</summary>
    public string GateUp { get; init; } = "";

    public required string Down { get; init; }

    public required string FeedForwardNorm { get; init; }

    public string FinalNorm { get; init; } = "";

    /// <summary>Whether the norm of the first layer's attention is missing, because the embedding was just normalised.</summary>
    public bool FirstLayerHasNoNorm { get; init; }
}
