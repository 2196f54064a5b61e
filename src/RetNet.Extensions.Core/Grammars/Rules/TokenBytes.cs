using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Tokenizers.Decoding;

namespace RetNet.Extensions.Core.Grammars.Rules;

/// <summary>What tokens write, as grammars see it.</summary>
internal static class TokenBytes
{
    /// <summary>What a control token writes first. No text has this byte, so that a grammar allows a control token only where it names
    /// one.</summary>
    public const byte ControlMark = 0xFF;

    /// <summary>What a token writes in the middle of a text, with the mark of a control token where it is one; empty if it is no
    /// token.</summary>
    public static byte[] Of(Tokenizer tokenizer, int token)
    {
        TokenTable table = tokenizer.Table;
        return table.Kind(token) == TokenKind.None ? []
            : table.IsSpecial(token) ? [ControlMark, .. table.Bytes(token, isFirst: false)]
            : table.Steps.SpaceBetweenTokens ? [(byte)' ', .. table.Bytes(token, isFirst: false)]
            : table.Bytes(token, isFirst: false).ToArray();
    }
}
