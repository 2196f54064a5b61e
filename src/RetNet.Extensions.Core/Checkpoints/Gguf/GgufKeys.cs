namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>Keys of a GGUF file's metadata that several readers ask for.</summary>
internal static class GgufKeys
{
    public const string Tokens = "tokenizer.ggml.tokens";
    public const string TokenTypes = "tokenizer.ggml.token_type";
    public const string BeginningOfSequence = "tokenizer.ggml.bos_token_id";
    public const string EndOfSequence = "tokenizer.ggml.eos_token_id";
    public const string Unknown = "tokenizer.ggml.unknown_token_id";
    public const string Separator = "tokenizer.ggml.seperator_token_id";
    public const string Padding = "tokenizer.ggml.padding_token_id";
}
