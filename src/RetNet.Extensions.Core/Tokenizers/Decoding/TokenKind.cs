namespace RetNet.Extensions.Core.Tokenizers.Decoding;

/// <summary>What one token contributes to the decoded text.</summary>
internal enum TokenKind : byte
{
    /// <summary>Nothing: there is no such token.</summary>
    None,

    /// <summary>UTF-8 bytes of its own.</summary>
    Text,

    /// <summary>One byte of a byte-fallback run.</summary>
    Byte,
}
