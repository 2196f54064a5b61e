namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>
/// The merges of a SentencePiece vocabulary, which has scores in their place: each way to cut a token into two tokens is a merge, and the
/// merge into the token of the highest score comes first (generate_merges of transformers' convert_slow_tokenizer.py).
/// </summary>
internal static class ScoredMerges
{
    /// <summary>Bounds the search for the parts of tokens, which grows with the square of their length.</summary>
    private const long MaximumWork = 1L << 30;
    private const int MaximumMerges = 4_000_000;

    /// <summary>The pairs of ids, the first merge first.</summary>
    /// <exception cref="CheckpointException">The tokens are absurdly long.</exception>
    public static IEnumerable<(int Left, int Right)> Find(GgufVocabulary vocabulary, string file)
    {
        string[] tokens = vocabulary.Tokens;
        Dictionary<string, int> ids = new(tokens.Length, StringComparer.Ordinal);
        for (int id = 0; id < tokens.Length; id++)
        {
            if (vocabulary.IsMergeable(id))
                ids.Add(tokens[id], id);
        }

        if (ids.Keys.Sum(token => (long)token.Length * token.Length) > MaximumWork)
            throw CheckpointException.ForOption(file, GgufKeys.Tokens, $"{tokens.Length} tokens that are long on average", "a vocabulary");

        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> parts = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        List<(float Score, int Merged, int Left, int Right)> merges = new();
        foreach ((string token, int id) in ids)
        {
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (parts.TryGetValue(token.AsSpan(0, cut), out int left) && parts.TryGetValue(token.AsSpan(cut), out int right))
                    merges.Add((vocabulary.Score(id), id, left, right));
            }

            if (merges.Count > MaximumMerges)
            {
                throw CheckpointException.ForOption(file, GgufKeys.Tokens, $"more than {MaximumMerges} ways to split a token into two",
                    "a vocabulary");
            }
        }

        return merges.OrderByDescending(merge => merge.Score).ThenBy(merge => merge.Merged).ThenBy(merge => merge.Left)
            .ThenBy(merge => merge.Right)
            .Select(merge => (merge.Left, merge.Right));
    }
}
