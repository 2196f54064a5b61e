using RetNet.Extensions.Core.Generation.Scoring;

namespace RetNet.Extensions.AI;

/// <summary>How texts are embedded. What is null is as the files of the model say, which are those of sentence-transformers (modules.json
/// and what belongs to it) or a .gguf file's metadata.</summary>
public sealed record RetNetEmbeddingOptions
{
    /// <summary>How the hidden states of a text's tokens become one vector. Default null: as the model's files say, else
    /// <see cref="EmbeddingPooling.Mean"/>.</summary>
    public EmbeddingPooling? Pooling { get; set; }

    /// <summary>Whether vectors are scaled to length 1 (L2). Default null: as the model's files say, else true.</summary>
    public bool? Normalize { get; set; }

    /// <summary><see cref="EmbeddingOptions.Dimensions"/> of requests that name no number. Default null: the model's width.</summary>
    public int? Dimensions { get; set; }

    /// <summary>The name of one of the model's prompts that is put before each text, such as <c>query</c>. Default null: the model's
    /// default prompt, if it has one.</summary>
    public string? Prompt { get; set; }

    /// <summary>What is put before each text instead of a prompt of the model, such as <c>query: </c>. Default null.</summary>
    public string? Prefix { get; set; }

    internal EmbeddingOptions With(int? dimensions) => new()
    {
        Pooling = Pooling,
        Normalize = Normalize,
        Dimensions = dimensions ?? Dimensions,
        Prompt = Prompt,
        Prefix = Prefix,
    };
}
