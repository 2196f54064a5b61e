namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>What a GGUF file calls a token, in tokenizer.ggml.token_type.</summary>
internal enum GgufTokenKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}
