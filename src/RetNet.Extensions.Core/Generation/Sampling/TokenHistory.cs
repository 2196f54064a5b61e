using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Generation.Sampling;

/// <summary>Which tokens a text has so far, and how often each was generated.</summary>
/// <param name="vocabularySize">The number of tokens that there are.</param>
[Experimental("RETNET001")]
public sealed class TokenHistory(int vocabularySize)
{
    private readonly int[] _distinct = new int[vocabularySize];
    private readonly int[] _timesGenerated = new int[vocabularySize];
    private readonly bool[] _seen = new bool[vocabularySize];
    private int _count;

    /// <summary>The distinct tokens of prompt and text.</summary>
    public ReadOnlySpan<int> Tokens => _distinct.AsSpan(0, _count);

    /// <summary>How often a token was generated.</summary>
    /// <param name="token">The token.</param>
    /// <returns>0 or more.</returns>
    public int TimesGenerated(int token) => _timesGenerated[token];

    internal void Add(int token, bool generated)
    {
        if ((uint)token >= (uint)_seen.Length)
            throw new ArgumentException($"Token {token} is outside the vocabulary of {_seen.Length} tokens.", nameof(token));
        if (!_seen[token])
        {
            _seen[token] = true;
            _distinct[_count++] = token;
        }

        if (generated)
            _timesGenerated[token]++;
    }
}
