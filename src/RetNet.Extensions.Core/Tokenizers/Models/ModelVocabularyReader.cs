using System.Text.Json;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Models;

/// <summary>Reads the <c>model.vocab</c> of a tokenizer.json that is an object of tokens and ids.</summary>
internal static class ModelVocabularyReader
{
    public static Dictionary<string, int> Read(JsonPart part)
    {
        if (part.Element.ValueKind != JsonValueKind.Object)
            throw part.Unexpected("an object of token texts and ids");
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach (JsonProperty entry in part.Element.EnumerateObject())
        {
            string token = entry.Name;
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out int id) || id < 0)
                throw (part with { Element = entry.Value, Place = Place(token) }).Unexpected("an id from 0 to 2147483647");
            if (token.Length > TokenizerLimits.LongestToken)
            {
                throw new JsonPartException(Place(token), $"a token of {token.Length} characters",
                    $"at most {TokenizerLimits.LongestToken}");
            }

            if (!ids.TryAdd(token, id))
                throw new JsonPartException(Place(token), "the token twice", "each token once");
            if (ids.Count > TokenizerLimits.LargestVocabulary)
                throw new JsonPartException(part.Place, $"more than {TokenizerLimits.LargestVocabulary} tokens", "a vocabulary");
        }

        return ids;

        string Place(string token) => $"{part.Place}[\"{Shorten(token)}\"]";
    }

    /// <summary>A token in a message.</summary>
    public static string Shorten(string token) => token.Length <= 40 ? token : token[..40] + "…";
}
