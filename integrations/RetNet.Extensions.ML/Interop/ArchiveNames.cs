namespace RetNet.Extensions.ML.Interop;

/// <summary>The entries of a transformer in ML.NET's model archive: its settings and the files of a Hugging Face folder.</summary>
internal static class ArchiveNames
{
    public const string Settings = "settings.json";
    public const string Configuration = "config.json";
    public const string Tokenizer = "tokenizer.json";
    public const string TokenizerConfiguration = "tokenizer_config.json";
    public const string ChatTemplate = "chat_template.jinja";
    public const string ToolChatTemplate = "tool_use.jinja";
    public const string GenerationConfiguration = "generation_config.json";
    public const string SentenceTransformer = "sentence_transformer.json";
    public const string Weights = "model.safetensors";
    public const string Series = "series.bin";
    public const string Head = "head.safetensors";
}
