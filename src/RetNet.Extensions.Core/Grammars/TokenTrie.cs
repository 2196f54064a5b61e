using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.Rules;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Tokenizers.Decoding;

namespace RetNet.Extensions.Core.Grammars;

/// <summary>
/// The tokens of a tokenizer by the bytes that they write, for <see cref="TokenConstraint"/>. Control tokens are in no
/// text: grammars for texts never allow them. Make one per tokenizer and share it: it is immutable and thread-safe.
/// </summary>
[Experimental("RETNET001")]
public sealed class TokenTrie
{
    private static readonly int[] PlainLengths = [10, 30, int.MaxValue];
    private static readonly Lazy<TokenTrie> Bytes256 = new(() => new TokenTrie([.. Enumerable.Range(
        0, 256).Select(value => (byte[])[(byte)value])]));

    private static readonly SearchValues<byte> NotPlain = SearchValues.Create(
        [.. Enumerable.Range(0, 0x80).Where(value => !JsonStringClass.Unescaped.Contains(value)).Select(value => (byte)value)]);

    private readonly byte[][] _tokens;

    /// <summary>Sorts the tokens of a tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    public TokenTrie(Tokenizer tokenizer)
        : this(Bytes(tokenizer ?? throw new ArgumentNullException(nameof(tokenizer)), isFirst: false))
    {
        EndOfSequenceId = tokenizer.EndOfSequenceId;
        if (tokenizer.Table.Steps is { FirstTokenDiffers: true } or { StripStart: > 0 })
            First = new TokenTrie(Bytes(tokenizer, isFirst: true));
    }

    /// <param name="tokens">What each token writes; nothing for a control token.</param>
    internal TokenTrie(byte[][] tokens)
    {
        _tokens = tokens;
        First = this;
        List<int>[] slices = [.. Enumerable.Range(0, PlainLengths.Length + 1).Select(_ => new List<int>())];
        int longest = 0;
        for (int token = 0; token < tokens.Length; token++)
        {
            int length = PlainLength(tokens[token]);
            longest = Math.Max(longest, length);
            if (tokens[token].Length > 0)
                slices[length < 0 ? PlainLengths.Length : Array.FindIndex(PlainLengths, limit => length <= limit)].Add(token);
        }

        Slices = [.. slices.Select((members, i) => new TrieSlice(tokens, [.. members],
            i == PlainLengths.Length ? null : Math.Min(PlainLengths[i], longest)))];
    }

    /// <summary>The bytes as a vocabulary of 256 tokens, for texts that no tokenizer cuts up.</summary>
    public static TokenTrie SingleBytes => Bytes256.Value;

    /// <summary>The highest token plus one: the bits of a mask.</summary>
    public int VocabularySize => _tokens.Length;

    /// <summary>The tokenizer's own token for the end of a text.</summary>
    internal int? EndOfSequenceId { get; }

    /// <summary>The same tokens as they are written at the start of a text, where some decoders leave a space out.</summary>
    internal TokenTrie First { get; }

    /// <summary>The tokens, in parts: those of few plain characters, of more, of many, and those with other characters.</summary>
    internal IReadOnlyList<TrieSlice> Slices { get; }

    /// <summary>Bytes of the longest token.</summary>
    internal int Depth => Slices.Max(slice => slice.Depth);

    /// <summary>What a token writes; empty for a number that is no token.</summary>
    internal ReadOnlySpan<byte> Bytes(int token) => (uint)token < (uint)_tokens.Length ? _tokens[token] : default;

    /// <summary>Whether a token is a control token.</summary>
    internal bool IsControl(int token) => Bytes(token) is [TokenBytes.ControlMark, ..];

    /// <summary>Characters of a token that consists of <see cref="JsonStringClass.Unescaped"/>; -1 for another.</summary>
    private static int PlainLength(ReadOnlySpan<byte> bytes)
    {
        if (bytes.ContainsAny(NotPlain) || !Utf8.IsValid(bytes))
            return -1;
        int count = 0;
        foreach (byte one in bytes)
            count += (one & 0xC0) == 0x80 ? 0 : 1;
        return count;
    }

    private static byte[][] Bytes(Tokenizer tokenizer, bool isFirst)
    {
        TokenTable table = tokenizer.Table;
        byte[][] tokens = new byte[tokenizer.VocabularySize][];
        for (int token = 0; token < tokens.Length; token++)
        {
            if (table.Kind(token) == TokenKind.None || table.IsSpecial(token) || !isFirst)
                tokens[token] = TokenBytes.Of(tokenizer, token);
            else
                tokens[token] = Strip(table.Bytes(token, isFirst: true), table.Steps).ToArray();
        }

        return tokens;
    }

    private static ReadOnlySpan<byte> Strip(ReadOnlySpan<byte> bytes, DecoderSteps steps)
    {
        for (int left = steps.StripStart; left > 0; left--)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) != OperationStatus.Done || rune != steps.StripCharacter)
                break;
            bytes = bytes[length..];
        }

        return bytes;
    }
}
