using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Generation.Constraints;

/// <summary>The tokens of text that a grammar forces, as the tokenizer writes it in the middle of a text. Thread-safe.</summary>
/// <remarks>Grammars force the same texts again and again, so the tokens of the last ones are kept and found without an
/// allocation.</remarks>
internal sealed class ForcedTokens(Tokenizer tokenizer, TokenTrie trie)
{
    private const int MostTexts = 4096;

    private readonly Lock _gate = new();

    private readonly Dictionary<byte[], int[]> _tokens = new(new ByteStrings());

    /// <summary>The tokens of a text.</summary>
    /// <param name="utf8">The text, at least one character.</param>
    /// <returns>Empty if the tokenizer, which may normalise texts, does not write exactly this one.</returns>
    public int[] Find(ReadOnlySpan<byte> utf8)
    {
        lock (_gate)
        {
            Dictionary<byte[], int[]>.AlternateLookup<ReadOnlySpan<byte>> lookup = _tokens.GetAlternateLookup<ReadOnlySpan<byte>>();
            if (lookup.TryGetValue(utf8, out int[]? tokens))
                return tokens;
            if (_tokens.Count == MostTexts)
                _tokens.Clear();
            return lookup[utf8] = Encode(utf8);
        }
    }

    /// <summary>The number of bytes that a token writes.</summary>
    public int Length(int token) => trie.Bytes(token).Length;

    /// <summary>Whether a token is a control token.</summary>
    public bool IsControl(int token) => trie.IsControl(token);

    /// <summary>Whether the tokenizer might write the rest of a forced text together with what follows it.</summary>
    /// <param name="left">The number of bytes that are still forced.</param>
    /// <param name="allowed">A bit for each token; those that are allowed write these bytes, some of them, or them and more.</param>
    public bool MayMerge(int left, ReadOnlySpan<ulong> allowed)
    {
        for (int word = 0; word < allowed.Length; word++)
        {
            for (ulong bits = allowed[word]; bits != 0; bits &= bits - 1)
            {
                if (trie.Bytes((word * 64) + BitOperations.TrailingZeroCount(bits)).Length > left)
                    return true;
            }
        }

        return false;
    }

    // A tokenizer may begin a text otherwise than it goes on, so something stands before it that does not merge with it.
    private int[] Encode(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        return EncodeAfter(char.IsWhiteSpace(text[0]) ? "a" : "\n", text, bytes) ?? EncodeAfter("", text, bytes) ?? [];
    }

    /// <summary>The last tokens of both texts together, if they make up the second one exactly.</summary>
    private int[]? EncodeAfter(string before, string text, ReadOnlySpan<byte> bytes)
    {
        int[] tokens = tokenizer.Encode(before + text, addSpecialTokens: false);
        int first = tokens.Length;
        int left = bytes.Length;
        while (left > 0 && first > 0)
        {
            ReadOnlySpan<byte> token = trie.Bytes(tokens[--first]);
            if (token.IsEmpty || !bytes[..left].EndsWith(token))
                return null;
            left -= token.Length;
        }

        return left == 0 ? tokens[first..] : null;
    }

    private sealed class ByteStrings : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            HashCode hash = default;
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
