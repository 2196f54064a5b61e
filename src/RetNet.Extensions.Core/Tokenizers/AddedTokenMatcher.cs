using System.Buffers;
using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>
/// Finds added tokens in a text: the leftmost, and of those the longest, as the tokenizers library's Aho-Corasick automaton does.
/// A trie is walked from each character that can start a token; tokens are short, so this is linear in the text.
/// </summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<(int Node, char Character), int> _edges = [];
    private readonly List<AddedToken?> _tokens = [null];
    private readonly SearchValues<char> _firstCharacters;

    /// <param name="patterns">Each token with the text that is searched for.</param>
    public AddedTokenMatcher(IEnumerable<(string Pattern, AddedToken Token)> patterns)
    {
        HashSet<char> firstCharacters = new();
        foreach ((string pattern, AddedToken token) in patterns)
        {
            if (pattern.Length == 0)
                continue;
            firstCharacters.Add(pattern[0]);
            int node = 0;
            foreach (char character in pattern)
            {
                if (!_edges.TryGetValue((node, character), out int next))
                {
                    next = _tokens.Count;
                    _edges.Add((node, character), next);
                    _tokens.Add(null);
                }

                node = next;
            }

            _tokens[node] = token;
        }

        _firstCharacters = SearchValues.Create([.. firstCharacters]);
    }

    /// <summary>Cuts <paramref name="text"/> into added tokens and the text between them.</summary>
    /// <param name="text">The text; a special token is not recognised where any of its characters came from outside.</param>
    /// <param name="atStart">Whether it begins where the whole text begins.</param>
    public List<Span> Split(MarkedText text, bool atStart)
    {
        List<Span> spans = new();
        ReadOnlySpan<char> characters = text.Text.AsSpan();
        int done = 0;
        int position = 0;
        while (position < characters.Length)
        {
            int step = characters[position..].IndexOfAny(_firstCharacters);
            if (step < 0)
                break;
            position += step;
            (AddedToken? token, int length) = LongestAt(text, position);
            if (token is null)
            {
                position++;
                continue;
            }

            (int start, int end) = (position, position + length);
            position = end;
            if (token.SingleWord && (EndsWithWord(characters[..start]) || StartsWithWord(characters[end..])))
                continue;
            if (token.LeftStrip)
                start = Math.Max(characters[..start].TrimEnd().Length, done);
            if (token.RightStrip)
                end = characters.Length - characters[end..].TrimStart().Length;
            if (done < start)
                spans.Add(new(done, start - done, Piece.NoId, atStart && done == 0));
            spans.Add(new(start, end - start, token.Id, false));
            done = end;
        }

        if (done < characters.Length)
            spans.Add(new(done, characters.Length - done, Piece.NoId, atStart && done == 0));
        return spans;
    }

    private (AddedToken? Token, int Length) LongestAt(MarkedText text, int start)
    {
        (AddedToken? Token, int Length) longest = (null, 0);
        int node = 0;
        for (int i = start; i < text.Length && _edges.TryGetValue((node, text.Text[i]), out node); i++)
        {
            if (_tokens[node] is { } token && !(token.Special && text.IsFromOutside(start, i - start + 1)))
                longest = (token, i - start + 1);
        }

        return longest;
    }

    private static bool EndsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out Rune rune, out _) == OperationStatus.Done && WordCharacters.Contains(rune);

    private static bool StartsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune rune, out _) == OperationStatus.Done && WordCharacters.Contains(rune);

    /// <summary>A part of the text that was split.</summary>
    /// <param name="Start">Its first character.</param>
    /// <param name="Length">Its length in characters.</param>
    /// <param name="Id">The added token's id, or <see cref="Piece.NoId"/>.</param>
    /// <param name="AtStart">Whether it begins where the whole text begins.</param>
    internal readonly record struct Span(int Start, int Length, int Id, bool AtStart);
}
