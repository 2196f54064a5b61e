namespace RetNet.Extensions.Core.Generation.Scoring;

/// <summary>Divides short sequences among threads: each reads its own without waiting for the others between layers.</summary>
internal static class SequenceParts
{
    // A part has about so many tokens: enough for every weight that is read to be used often, few enough to stay in a thread's cache.
    private const int LeastTokens = 48, MostTokens = 192;

    /// <summary>Cuts sequences into parts of consecutive ones.</summary>
    /// <param name="sequences">The tokens of each.</param>
    /// <param name="threads">The number of threads.</param>
    /// <returns>The parts in order; a single one where the threads are better used inside a forward: by long sequences, or by few
    /// tokens.</returns>
    public static List<Range> Of(IReadOnlyList<int[]> sequences, int threads)
    {
        long total = 0, longest = 0;
        for (int i = 0; i < sequences.Count; i++)
        {
            total += sequences[i].Length;
            longest = Math.Max(longest, sequences[i].Length);
        }

        if (threads == 1 || total < threads * LeastTokens || longest > total / threads)
            return [0..sequences.Count];
        long tokens = Math.Clamp(total / (2 * threads), LeastTokens, MostTokens);
        List<Range> parts = [];
        long held = 0;
        int first = 0;
        for (int i = 0; i < sequences.Count; i++)
        {
            held += sequences[i].Length;
            if (held < tokens && i + 1 < sequences.Count)
                continue;
            parts.Add(first..(i + 1));
            (first, held) = (i + 1, 0);
        }

        return parts;
    }
}
