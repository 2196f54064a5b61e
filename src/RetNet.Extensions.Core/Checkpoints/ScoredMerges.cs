namespace RetNet.Extensions.Core.Checkpoints;

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
    /// <param name="tokens">The tokens by id.</param>
    /// <param name="isMergeable">Whether a token may be made out of two others.</param>
    /// <param name="score">The score of a token.</param>
    /// <param name="refuse">Makes the exception of what was found.</param>
    public static IEnumerable<(int Left, int Right)> Find(
        string[] tokens, Func<int, bool> isMergeable, Func<int, float> score, Func<string, CheckpointException> refuse)
    {
        Dictionary<string, int> ids = new(tokens.Length, StringComparer.Ordinal);
        for (int id = 0; id < tokens.Length; id++)
        {
            if (isMergeable(id))
                ids.Add(tokens[id], id);
        }

        if (ids.Keys.Sum(token => (long)token.Length * token.Length) > MaximumWork)
            throw refuse($"{tokens.Length} tokens that are long on average");

        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> parts = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        List<(float Score, int Merged, int Left, int Right)> merges = new();
        foreach ((string token, int id) in ids)
        {
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (parts.TryGetValue(token.AsSpan(0, cut), out int left) && parts.TryGetValue(token.AsSpan(cut), out int right))
                    merges.Add((score(id), id, left, right));
            }

            if (merges.Count > MaximumMerges)
                throw refuse($"more than {MaximumMerges} ways to split a token into two");
        }

        return merges.OrderByDescending(merge => merge.Score).ThenBy(merge => merge.Merged).ThenBy(merge => merge.Left)
            .ThenBy(merge => merge.Right)
            .Select(merge => (merge.Left, merge.Right));
    }
}
