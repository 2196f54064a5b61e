using System.Globalization;
using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Decoding;

/// <summary>For every id the bytes that it contributes to decoded text, computed once so that decoding allocates nothing.</summary>
internal sealed class TokenTable
{
    private const int LongestTable = 256 << 20;

    private readonly TokenKind[] _kinds;
    private readonly bool[] _special;
    private readonly Contributions _contributions;
    private readonly Contributions _firstContributions;

    /// <param name="tokens">The tokens by id; null where an id has none.</param>
    /// <param name="special">For each id, whether it is a control token.</param>
    /// <param name="steps">The decoder.</param>
    /// <exception cref="TextGrowthException">The decoder makes the vocabulary excessively long.</exception>
    public TokenTable(string?[] tokens, bool[] special, DecoderSteps steps)
    {
        Steps = steps;
        _special = special;
        _kinds = new TokenKind[tokens.Length];
        _contributions = new Contributions(tokens.Length);
        _firstContributions = steps.FirstTokenDiffers ? new Contributions(tokens.Length) : _contributions;
        TextLimits limits = new(tokens.Sum(token => (long)(token?.Length ?? 0)), TextLimits.GrowthOfVocabulary);
        for (int id = 0; id < tokens.Length; id++)
        {
            _kinds[id] = tokens[id] is null ? TokenKind.None : TokenKind.Text;
            Add(id, tokens[id] ?? "", isFirst: false, _contributions, limits);
            if (steps.FirstTokenDiffers)
                Add(id, tokens[id] ?? "", isFirst: true, _firstContributions, limits);
        }
    }

    public DecoderSteps Steps { get; }

    public TokenKind Kind(int id) => (uint)id < (uint)_kinds.Length ? _kinds[id] : TokenKind.None;

    public bool IsSpecial(int id) => (uint)id < (uint)_special.Length && _special[id];

    /// <summary>The bytes of a token; a single one for <see cref="TokenKind.Byte"/>.</summary>
    public ReadOnlySpan<byte> Bytes(int id, bool isFirst) => (isFirst ? _firstContributions : _contributions)[id];

    private void Add(int id, string token, bool isFirst, Contributions contributions, TextLimits limits)
    {
        foreach (Func<string, bool, TextLimits, string> rewrite in Steps.TokenRewrites)
        {
            string rewritten = rewrite(token, isFirst, limits);
            if (!ReferenceEquals(rewritten, token))
                limits.Add(rewritten.Length);
            token = rewritten;
        }

        if (Steps.ByteFallback && TryReadByteToken(token, out byte value))
        {
            _kinds[id] = TokenKind.Byte;
            contributions.Add([value]);
        }
        else if (Steps.ByteLevel && TryReadByteCharacters(token, out byte[]? bytes))
        {
            contributions.Add(bytes);
        }
        else
        {
            contributions.Add(Encoding.UTF8.GetBytes(token));
        }

        if (contributions.Size > LongestTable)
            throw new TextGrowthException();
    }

    private static bool TryReadByteToken(string token, out byte value)
    {
        value = 0;
        return token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryReadByteCharacters(string token, out byte[] bytes)
    {
        bytes = new byte[token.Length];
        for (int i = 0; i < token.Length; i++)
        {
            if (!ByteAlphabet.TryGetByte(token[i], out bytes[i]))
                return false;
        }

        return true;
    }

    /// <summary>Byte strings, one after the other.</summary>
    private sealed class Contributions(int count)
    {
        private readonly int[] _ends = new int[count];
        private readonly MemoryStream _bytes = new();
        private int _count;

        public long Size => _bytes.Length;

        public ReadOnlySpan<byte> this[int id]
        {
            get
            {
                int start = id == 0 ? 0 : _ends[id - 1];
                return _bytes.GetBuffer().AsSpan(start, _ends[id] - start);
            }
        }

        public void Add(ReadOnlySpan<byte> bytes)
        {
            _bytes.Write(bytes);
            _ends[_count++] = (int)_bytes.Length;
        }
    }
}

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
