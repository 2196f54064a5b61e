using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Tokenizers.Decoding;

namespace RetNet.Extensions.Core.Grammars;

/// <summary>
/// The tokens of a tokenizer by the bytes that they write, for <see cref="TokenConstraint"/>. Control tokens write nothing and are not in
/// it. Make one per tokenizer and share it: it is immutable and thread-safe.
/// </summary>
public sealed class TokenTrie
{
    private readonly byte[][] _tokens;

    /// <summary>Sorts the tokens of a tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    public TokenTrie(Tokenizer tokenizer)
        : this(Bytes(tokenizer ?? throw new ArgumentNullException(nameof(tokenizer))))
    {
        if (tokenizer.EndOfSequenceId is { } end)
            EndOfSequenceId = end;
    }

    /// <param name="tokens">What each token writes; nothing for a control token.</param>
    internal TokenTrie(byte[][] tokens)
    {
        _tokens = tokens;
        Slice = new TrieSlice(tokens, [.. Enumerable.Range(0, tokens.Length).Where(token => tokens[token].Length > 0)]);
    }

    /// <summary>The highest token plus one: the bits of a mask.</summary>
    public int VocabularySize => _tokens.Length;

    /// <summary>The tokenizer's own token for the end of a text.</summary>
    internal int? EndOfSequenceId { get; }

    internal TrieSlice Slice { get; }

    /// <summary>What a token writes; empty for a control token and for a number that is no token.</summary>
    internal ReadOnlySpan<byte> Bytes(int token) => (uint)token < (uint)_tokens.Length ? _tokens[token] : default;

    private static byte[][] Bytes(Tokenizer tokenizer)
    {
        TokenTable table = tokenizer.Table;
        byte[][] tokens = new byte[tokenizer.VocabularySize][];
        for (int token = 0; token < tokens.Length; token++)
        {
            tokens[token] = table.Kind(token) == TokenKind.None || table.IsSpecial(token) ? []
                : table.Steps.SpaceBetweenTokens ? [(byte)' ', .. table.Bytes(token, isFirst: false)]
                : table.Bytes(token, isFirst: false).ToArray();
        }

        return tokens;
    }
}
