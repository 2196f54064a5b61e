namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>The small files of a Hugging Face folder: everything but the weights. An empty content stands for a file that is not there.</summary>
public sealed record ModelDocuments
{
    private const long MaximumLength = 512L << 20;

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

    /// <summary>Reads the documents of a model folder as they are; they are checked when a model is made of them.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The documents.</returns>
    /// <exception cref="CheckpointException">There is no config.json, or a file cannot be read or is too large.</exception>
    public static ModelDocuments Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return ReadTokenizer(folder) with { Configuration = ReadFile(folder, "config.json") };
    }

    /// <summary>Reads the documents of a folder that belong to its tokenizer and to generation, without config.json.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The documents; those that are not there are empty.</returns>
    /// <exception cref="CheckpointException">A file cannot be read or is too large.</exception>
    public static ModelDocuments ReadTokenizer(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return new ModelDocuments
        {
            Configuration = default,
            Tokenizer = ReadOptional(folder, "tokenizer.json"),
            TokenizerConfiguration = ReadOptional(folder, "tokenizer_config.json"),
            ChatTemplate = ReadOptional(folder, "chat_template.jinja"),
            GenerationConfiguration = ReadOptional(folder, "generation_config.json"),
        };
    }

    private static byte[] ReadOptional(string folder, string name) => File.Exists(Path.Combine(folder, name)) ? ReadFile(folder, name) : [];

    private static byte[] ReadFile(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        using FileStream stream = RegularFile.Open(path);
        if (stream.Length > MaximumLength)
            throw new CheckpointException(path, $"{stream.Length} bytes", $"at most {MaximumLength} bytes");
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
