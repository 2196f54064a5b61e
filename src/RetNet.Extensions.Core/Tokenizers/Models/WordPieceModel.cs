using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.Models;

/// <summary>
/// WordPiece of one word (Schuster and Nakajima 2012), as BERT uses it: the longest token that the rest of the word begins with, again and
/// again; where there is none, the whole word is unknown.
/// </summary>
internal sealed class WordPieceModel : TokenizerModel
{
    private readonly VocabularyTrie _tokens;
    private readonly int _unknownId;
    private readonly int _longestWord;
    private readonly int _continuation = VocabularyTrie.Root;
    private readonly bool _hasContinuations = true;

    /// <param name="vocabulary">Token to id.</param>
    /// <param name="unknownId">The id of a word that the tokens do not make up.</param>
    /// <param name="prefix">Begins the tokens that continue a word.</param>
    /// <param name="longestWord">Code points of the longest word that is looked at; a longer one is unknown.</param>
    public WordPieceModel(Dictionary<string, int> vocabulary, int unknownId, string prefix, int longestWord)
    {
        (_tokens, _unknownId, _longestWord) = (new VocabularyTrie(vocabulary), unknownId, longestWord);
        foreach (char character in prefix)
            _hasContinuations = _hasContinuations && _tokens.TryStep(ref _continuation, character);
    }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        int before = ids.Count;
        if (IsTooLong(piece))
        {
            ids.Add(_unknownId);
            return;
        }

        for (int start = 0; start < piece.Length;)
        {
            (int token, int length) = start == 0 || _hasContinuations
                ? Longest(piece[start..], start == 0 ? VocabularyTrie.Root : _continuation)
                : (VocabularyTrie.NoToken, 0);
            if (length == 0)
            {
                ids.RemoveRange(before, ids.Count - before);
                ids.Add(_unknownId);
                return;
            }

            ids.Add(token);
            start += length;
        }
    }

    private (int Token, int Length) Longest(ReadOnlySpan<char> text, int node)
    {
        (int Token, int Length) longest = (VocabularyTrie.NoToken, 0);
        for (int i = 0; i < text.Length && _tokens.TryStep(ref node, text[i]); i++)
        {
            if (_tokens.TokenAt(node) is var token and not VocabularyTrie.NoToken)
                longest = (token, i + 1);
        }

        return longest;
    }

    private bool IsTooLong(ReadOnlySpan<char> piece)
    {
        if (piece.Length <= _longestWord)
            return false;
        int count = 0;
        foreach (Rune _ in piece.EnumerateRunes())
            count++;
        return count > _longestWord;
    }
}
