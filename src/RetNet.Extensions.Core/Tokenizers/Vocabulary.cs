using RetNet.Extensions.Core.Tokenizers.Text;
using static RetNet.Extensions.Core.Tokenizers.Models.ModelVocabularyReader;

namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>All tokens of a tokenizer, the model's own and the added ones, in both directions.</summary>
internal sealed class Vocabulary
{
    /// <summary>Ids may have gaps, but a table indexed by id must stay in proportion to the file.</summary>
    private const int GapAllowance = 65_536;

    private readonly string?[] _tokens;
    private readonly bool[] _special;
    private readonly Dictionary<string, int> _ids;

    private Vocabulary(string?[] tokens, bool[] special, Dictionary<string, int> ids)
    {
        _tokens = tokens;
        _special = special;
        _ids = ids;
    }

    /// <summary>The tokens by id; null where an id has none.</summary>
    public string?[] Tokens => _tokens;

    /// <summary>For each id, whether it is a control token.</summary>
    public bool[] Special => _special;

    public int? Find(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    /// <summary>Joins the model's vocabulary with the added tokens and checks that ids are unique and dense enough.</summary>
    public static Vocabulary Join(Dictionary<string, int> modelVocabulary, IReadOnlyList<AddedToken> addedTokens, string fileName)
    {
        Dictionary<string, int> ids = new(modelVocabulary, StringComparer.Ordinal);
        foreach (AddedToken added in addedTokens)
        {
            if (!ids.TryAdd(added.Content, added.Id) && ids[added.Content] != added.Id)
            {
                throw new TokenizerException(
                    fileName, "added_tokens", $"id {added.Id} for \"{Shorten(added.Content)}\"", "the vocabulary's id "
                        + $"{ids[added.Content]}");
            }
        }

        int highest = -1;
        foreach (int id in ids.Values)
            highest = Math.Max(highest, id);
        if (highest >= 4L * ids.Count + GapAllowance || highest >= 4 * TokenizerLimits.LargestVocabulary)
            throw new TokenizerException(fileName, "model.vocab", $"an id of {highest} among {ids.Count} tokens", "ids counted from 0");

        string?[] tokens = new string?[highest + 1];
        foreach ((string token, int id) in ids)
        {
            if (tokens[id] is { } other)
            {
                throw new TokenizerException(fileName, "model.vocab", $"id {id} for \"{Shorten(other)}\" and \"{Shorten(token)}\"",
                    "each id once");
            }

            tokens[id] = token;
        }

        bool[] special = new bool[tokens.Length];
        foreach (AddedToken added in addedTokens)
            special[added.Id] |= added.Special;
        return new Vocabulary(tokens, special, ids);
    }
}
