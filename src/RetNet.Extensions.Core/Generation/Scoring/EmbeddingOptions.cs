namespace RetNet.Extensions.Core.Generation.Scoring;

/// <summary>How texts are embedded. What is null is as the files of the model say, which are those of sentence-transformers (modules.json,
/// the configuration of its pooling, sentence_bert_config.json, config_sentence_transformers.json) or a .gguf file's metadata.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>How the hidden states of a text's tokens become one vector. Default null: as the model's files say, else
    /// <see cref="EmbeddingPooling.Mean"/>.</summary>
    public EmbeddingPooling? Pooling { get; init; }

    /// <summary>Whether vectors are scaled to length 1 (L2). Default null: as modules.json says, else true.</summary>
    public bool? Normalize { get; init; }

    /// <summary>The length of the vectors: the first values of each, which are then scaled to length 1 where <see cref="Normalize"/> is
    /// true. For models that were trained so (Matryoshka, arXiv 2205.13147). Default null: the model's width.</summary>
    public int? Dimensions { get; init; }

    /// <summary>The name of one of the model's prompts (config_sentence_transformers.json), such as <c>query</c>, that is put before each
    /// text. Default null: the model's default prompt, if it has one.</summary>
    public string? Prompt { get; init; }

    /// <summary>What is put before each text instead of a prompt of the model, such as <c>query: </c>; empty for nothing. Default
    /// null.</summary>
    public string? Prefix { get; init; }

    /// <summary>The most tokens of a text, with those that the tokenizer puts around it; the end of a longer one is left out. Default null:
    /// as sentence_bert_config.json says, and never more than an encoder reads.</summary>
    public int? MaxTokens { get; init; }
}
