using System.Text.Json;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Models;

/// <summary>Reads the <c>model</c> of a tokenizer.json: a BPE model.</summary>
internal static class BytePairModelReader
{
    public static BytePairModel Read(JsonPart part, Dictionary<string, int> vocabulary, IReadOnlySet<string> control)
    {
        RequireEmpty(part, "continuing_subword_prefix");
        RequireEmpty(part, "end_of_word_suffix");
        RequireProbability(part.Member("dropout"));
        bool ignoresMerges = part.Flag("ignore_merges", false);
        return new BytePairModel(
            ignoresMerges ? TokenizerModelReader.OfText(vocabulary, control) : vocabulary, ReadMerges(part.Required("merges"), vocabulary),
            part.Flag("byte_fallback", false) ? ByteIds(vocabulary) : null,
            UnknownId(part, vocabulary), part.Flag("fuse_unk", false), ignoresMerges);
    }

    private static void RequireEmpty(JsonPart part, string name)
    {
        if (part.Member(name) is { } value && value.Text().Length > 0)
            throw value.Unexpected("null or \"\"");
    }

    // Dropping merges at random is for training: it is not done here.
    private static void RequireProbability(JsonPart? part)
    {
        if (part is { } dropout && !(dropout.Element.ValueKind == JsonValueKind.Number && dropout.Element.GetDouble() is >= 0 and <= 1))
            throw dropout.Unexpected("a number from 0 to 1");
    }

    // A name that is no token matters only where a text has an unknown character.
    private static int? UnknownId(JsonPart part, Dictionary<string, int> vocabulary)
    {
        if (part.Member("unk_token") is not { } unknown)
            return null;
        return vocabulary.TryGetValue(unknown.Text(), out int id) ? id : BytePairModel.MissingUnknown;
    }

    /// <summary>The ids of the tokens that stand for one byte each; −1 where there is none.</summary>
    public static int[] ByteIds(Dictionary<string, int> vocabulary) =>
        [.. Enumerable.Range(0, 256).Select(value => vocabulary.TryGetValue($"<0x{value:X2}>", out int id) ? id : -1)];

    private static MergeTable ReadMerges(JsonPart part, Dictionary<string, int> vocabulary)
    {
        if (part.Element.ValueKind != JsonValueKind.Array)
            throw part.Unexpected("an array of merges");
        if (part.Element.GetArrayLength() > TokenizerLimits.LargestVocabulary)
        {
            throw new JsonPartException(part.Place, $"{part.Element.GetArrayLength()} merges",
                $"at most {TokenizerLimits.LargestVocabulary}");
        }

        MergeTable merges = new(part.Element.GetArrayLength());
        foreach (JsonElement item in part.Element.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String && item.GetString()!.StartsWith("#version", StringComparison.Ordinal))
                continue;
            if (!TryReadPair(item, out string? left, out string? right))
                throw Merge(item).Unexpected("a merge of two tokens");
            // A merge is always longer than its parts, so merges cannot form a cycle.
            merges.Set(Id(left), Id(right), Id(left + right));

            int Id(string token) => vocabulary.TryGetValue(token, out int id)
                ? id
                : throw Merge(item).Unexpected($"a merge whose parts and result are in model.vocab; \"{token}\" is not");
        }

        return merges;

        JsonPart Merge(JsonElement item) => part with { Element = item, Place = $"{part.Place}[{merges.Count}]" };
    }

    /// <summary>Reads "a b", or ["a", "b"].</summary>
    private static bool TryReadPair(JsonElement item, out string left, out string right)
    {
        string[] parts = item.ValueKind switch
        {
            JsonValueKind.String => item.GetString()!.Split(' '),
            JsonValueKind.Array when item.GetArrayLength() == 2 && item[0].ValueKind == JsonValueKind.String
                && item[1].ValueKind == JsonValueKind.String
                => [item[0].GetString()!, item[1].GetString()!],
            _ => [],
        };
        (left, right) = parts is [{ Length: > 0 } first, { Length: > 0 } second] ? (first, second) : ("", "");
        return left.Length > 0;
    }
}
