namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>Reads the <c>model</c> of a tokenizer.json: a BPE model.</summary>
internal static class BytePairModelReader
{
    public static BytePairModel Read(JsonPart part, Dictionary<string, int> vocabulary)
    {
        RequireEmpty(part, "continuing_subword_prefix");
        RequireEmpty(part, "end_of_word_suffix");
        if (part.Member("dropout") is { } dropout && !(dropout.Element.TryGetDouble(out var probability) && probability == 0))
            throw dropout.Unexpected("no dropout");
        return new BytePairModel(
            vocabulary, ReadMerges(part.Required("merges"), vocabulary),
            part.Flag("byte_fallback", false) ? ByteIds(vocabulary) : null,
            UnknownId(part, vocabulary), part.Flag("fuse_unk", false), part.Flag("ignore_merges", false));
    }

    /// <summary>Refuses the model types that are not byte-pair encoding, by name.</summary>
    public static void RequireBytePairEncoding(JsonPart part)
    {
        // Files from before 2020 leave the type out; only a BPE model has merges.
        if (part.Member("type") is { } type ? type.Text() != "BPE" : part.Member("merges") is null)
            throw new TokenizerException(
                part.FileName, "model.type", part.Member("type") is { } found ? $"\"{found.Text()}\"" : "nothing", "\"BPE\" (WordPiece, Unigram and WordLevel are not supported)");
    }

    private static void RequireEmpty(JsonPart part, string name)
    {
        if (part.Member(name) is { } value && value.Text().Length > 0)
            throw value.Unexpected("null or \"\"");
    }

    private static int? UnknownId(JsonPart part, Dictionary<string, int> vocabulary)
    {
        if (part.Member("unk_token") is not { } unknown)
            return null;
        return vocabulary.TryGetValue(unknown.Text(), out var id) ? id : throw unknown.Unexpected("a token of model.vocab");
    }

    private static int[] ByteIds(Dictionary<string, int> vocabulary) =>
        [.. Enumerable.Range(0, 256).Select(value => vocabulary.TryGetValue($"<0x{value:X2}>", out var id) ? id : -1)];

    private static Dictionary<(int Left, int Right), (int Rank, int Merged)> ReadMerges(JsonPart part, Dictionary<string, int> vocabulary)
    {
        var merges = new Dictionary<(int Left, int Right), (int Rank, int Merged)>();
        foreach (var item in part.Items())
        {
            if (item.Element.ValueKind == System.Text.Json.JsonValueKind.String && item.Text().StartsWith("#version", StringComparison.Ordinal))
                continue;
            var (left, right) = ReadPair(item);
            var pair = (Id(left), Id(right));
            // A merge is always longer than its parts, so merges cannot form a cycle.
            if (!merges.TryAdd(pair, (merges.Count, Id(left + right))))
                throw item.Unexpected("each merge once");

            int Id(string token) =>
                vocabulary.TryGetValue(token, out var id) ? id : throw item.Unexpected($"a merge whose parts and result are in model.vocab; \"{token}\" is not");
        }
        return merges;
    }

    private static (string Left, string Right) ReadPair(JsonPart item)
    {
        string[] parts = item.Element.ValueKind == System.Text.Json.JsonValueKind.String
            ? item.Text().Split(' ')
            : [.. item.Items().Take(3).Select(part => part.Text())];
        return parts is [{ Length: > 0 }, { Length: > 0 }] ? (parts[0], parts[1]) : throw item.Unexpected("a merge of two tokens");
    }
}
