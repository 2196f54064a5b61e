namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Names of the files of a Hugging Face folder.</summary>
internal static class FileNames
{
    public const string Configuration = "config.json";
    public const string Weights = "model.safetensors";
    public const string Tokenizer = "tokenizer.json";
    public const string TokenizerConfiguration = "tokenizer_config.json";
    public const string SpecialTokens = "special_tokens_map.json";
    public const string AddedTokens = "added_tokens.json";
    public const string ChatTemplate = "chat_template.jinja";
    public const string ToolChatTemplate = "additional_chat_templates/tool_use.jinja";
    public const string GenerationConfiguration = "generation_config.json";

    /// <summary>How a model of sentence-transformers embeds texts.</summary>
    public const string Modules = "modules.json";

    /// <summary>How a model of sentence-transformers reads texts.</summary>
    public const string SentenceOptions = "sentence_bert_config.json";

    /// <summary>What a model of sentence-transformers puts before texts.</summary>
    public const string Prompts = "config_sentence_transformers.json";
}
