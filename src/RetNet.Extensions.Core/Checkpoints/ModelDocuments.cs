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

    /// <summary>Content of additional_chat_templates/tool_use.jinja: the template for conversations that offer tools, where a model has
    /// one of its own for them.</summary>
    public ReadOnlyMemory<byte> ToolChatTemplate { get; init; }

    /// <summary>Content of generation_config.json.</summary>
    public ReadOnlyMemory<byte> GenerationConfiguration { get; init; }

    /// <summary>How the model embeds texts: one object that has the content of sentence-transformers' files under their paths
    /// (<c>modules.json</c>, <c>1_Pooling/config.json</c>, <c>sentence_bert_config.json</c>, <c>config_sentence_transformers.json</c>),
    /// those that there are.</summary>
    public ReadOnlyMemory<byte> SentenceTransformer { get; init; }

    /// <summary>The documents with their file names, config.json last.</summary>
    internal IEnumerable<(string File, ReadOnlyMemory<byte> Content)> Files =>
    [
        (FileNames.Tokenizer, Tokenizer), (FileNames.TokenizerConfiguration, TokenizerConfiguration),
        (FileNames.ChatTemplate, ChatTemplate), (FileNames.ToolChatTemplate, ToolChatTemplate),
        (FileNames.GenerationConfiguration, GenerationConfiguration), (FileNames.Configuration, Configuration),
    ];
}
