using System.Buffers;

namespace RetNet.Extensions.Core.Models;

/// <summary>Finds the rows with the highest scores.</summary>
internal static class HighestScores
{
    /// <summary>Marks the <paramref name="count"/> highest of <paramref name="scores"/>; of equal ones the older (first) stay. A NaN is
    /// the lowest.</summary>
    public static void Mark(ReadOnlySpan<float> scores, int count, Span<bool> keep)
    {
        int drop = scores.Length - count;
        if (drop == 1)
        {
            MarkAllButLowest(scores, keep);
            return;
        }

        float[] sorted = ArrayPool<float>.Shared.Rent(scores.Length);
        Span<float> ascending = sorted.AsSpan(0, scores.Length);
        scores.CopyTo(ascending);
        ascending.Sort();
        float threshold = ascending[drop];
        ArrayPool<float>.Shared.Return(sorted);

        // Above the threshold all stay; of those equal to it, as many of the oldest as there is room for.
        int room = count;
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i].CompareTo(threshold) > 0)
                room--;
        }

        for (int i = 0; i < scores.Length; i++)
        {
            int above = scores[i].CompareTo(threshold);
            if (above > 0 || (above == 0 && room-- > 0))
                keep[i] = true;
        }
    }

    // The common case of decoding: one row too many. Of equally low ones the newest goes.
    private static void MarkAllButLowest(ReadOnlySpan<float> scores, Span<bool> keep)
    {
        int lowest = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            if (scores[i].CompareTo(scores[lowest]) <= 0)
                lowest = i;
        }

        keep[..scores.Length].Fill(true);
        keep[lowest] = false;
    }
}
