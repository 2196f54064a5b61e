using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Models;

/// <summary>The tokens of a vocabulary by their characters (UTF-16), from the first to the last.</summary>
internal sealed class VocabularyTrie
{
    /// <summary>The node of the empty text.</summary>
    public const int Root = 0;

    /// <summary>What <see cref="TokenAt"/> gives where no token ends.</summary>
    public const int NoToken = -1;

    private const int MostCharacters = 1 << 25;

    private readonly MergeTable _edges = new(0);
    private readonly List<int> _tokens = [NoToken];

    /// <param name="vocabulary">Token to id.</param>
    /// <exception cref="JsonPartException">A token is longer, or all are together, than those of any model.</exception>
    public VocabularyTrie(Dictionary<string, int> vocabulary)
    {
        int longest = vocabulary.Keys.Select(token => token.Length).DefaultIfEmpty().Max();
        if (longest > TokenizerLimits.LongestMatchedToken || vocabulary.Keys.Sum(token => (long)token.Length) > MostCharacters)
        {
            throw new JsonPartException("model.vocab", $"{vocabulary.Count} tokens of up to {longest} characters",
                $"tokens of at most {TokenizerLimits.LongestMatchedToken} characters, and of {MostCharacters} together");
        }

        foreach ((string token, int id) in vocabulary)
        {
            int node = Root;
            foreach (char character in token)
            {
                if (_edges.TryAdd(node, character, _tokens.Count))
                    _tokens.Add(NoToken);
                _edges.TryGet(node, character, out _, out node);
            }

            _tokens[node] = id;
        }
    }

    /// <summary>Goes from the node of a text to that of the text with one more character.</summary>
    /// <returns>False if no token begins so.</returns>
    public bool TryStep(ref int node, char character) => _edges.TryGet(node, character, out _, out node);

    /// <summary>The token that is the text of a node, or <see cref="NoToken"/>.</summary>
    public int TokenAt(int node) => _tokens[node];
}
