using System.Text.Json;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Models;

/// <summary>Reads the <c>model</c> of a tokenizer.json: a Unigram model.</summary>
internal static class UnigramModelReader
{
    public static (UnigramModel Model, Dictionary<string, int> Vocabulary) Read(JsonPart part, IReadOnlySet<string> control)
    {
        JsonPart tokens = part.Required("vocab");
        if (tokens.Element.ValueKind != JsonValueKind.Array)
            throw tokens.Unexpected("an array of tokens and scores");
        int count = tokens.Element.GetArrayLength();
        if (count > TokenizerLimits.LargestVocabulary)
            throw new JsonPartException(tokens.Place, $"{count} tokens", $"at most {TokenizerLimits.LargestVocabulary}");
        Dictionary<string, int> ids = new(count, StringComparer.Ordinal);
        List<double> scores = new(count);
        foreach (JsonPart item in tokens.Items())
        {
            (string token, double score) = ReadToken(item);
            if (!ids.TryAdd(token, scores.Count))
                throw item.Unexpected("each token once");
            scores.Add(score);
        }

        int? unknown = part.Member("unk_id")?.Count();
        if (unknown >= scores.Count)
            throw part.Required("unk_id").Unexpected($"an id below {scores.Count}");
        int[]? bytes = part.Flag("byte_fallback", false) ? BytePairModelReader.ByteIds(ids) : null;
        // Not a member of the library's: it stands in files that are translated from SentencePiece's and GGUF.
        bool singlePrecision = part.Flag("single_precision", false);
        return (new UnigramModel(TokenizerModelReader.OfText(ids, control), [.. scores], unknown, bytes, singlePrecision), ids);
    }

    private static (string Token, double Score) ReadToken(JsonPart item)
    {
        if (item.Element.ValueKind != JsonValueKind.Array || item.Element.GetArrayLength() != 2
            || item.Element[0].ValueKind != JsonValueKind.String || item.Element[1].ValueKind != JsonValueKind.Number
            || !item.Element[1].TryGetDouble(out double score) || !double.IsFinite(score))
        {
            throw item.Unexpected("a token and its score");
        }

        string token = item.Element[0].GetString()!;
        return token.Length <= TokenizerLimits.LongestToken
            ? (token, score)
            : throw new JsonPartException(item.Place, $"a token of {token.Length} characters", $"at most {TokenizerLimits.LongestToken}");
    }
}
