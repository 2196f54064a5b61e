namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>The small files of a Hugging Face folder: everything but the weights. An empty content stands for a file that is not
/// there.</summary>
public sealed record ModelDocuments
{
    internal const long MaximumLength = 512L << 20;

    /// <summary>Content of config.json.</summary>
    public required ReadOnlyMemory<byte> Configuration { get; init; }

    /// <summary>Content of tokenizer.json.</summary>
    public ReadOnlyMemory<byte> Tokenizer { get; init; }

    /// <summary>Content of tokenizer_config.json.</summary>
    public ReadOnlyMemory<byte> TokenizerConfiguration { get; init; }

    /// <summary>Content of chat_template.jinja.</summary>
    public ReadOnlyMemory<byte> ChatTemplate { get; init; }

    /// <summary>Content of generation_config.json.</summary>
    public ReadOnlyMemory<byte> GenerationConfiguration { get; init; }

    /// <summary>The documents with their file names, config.json last.</summary>
    internal IEnumerable<(string File, ReadOnlyMemory<byte> Content)> Files =>
    [
        ("tokenizer.json", Tokenizer), ("tokenizer_config.json", TokenizerConfiguration), ("chat_template.jinja", ChatTemplate),
        ("generation_config.json", GenerationConfiguration), ("config.json", Configuration),
    ];
}
