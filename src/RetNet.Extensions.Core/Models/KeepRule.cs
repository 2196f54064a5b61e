using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models;

/// <summary>
/// Which of a layer's rows stay, as data: the first i rows, the newest n, and of those between them the ones with the highest scores, k
/// rows in all. The policies of arXiv 2401.06104, section 3, are of this form.
/// </summary>
[Experimental("RETNET001")]
public readonly record struct KeepRule
{
    /// <summary>Creates a rule.</summary>
    /// <param name="score">The score of a row: its weight in the last query's softmax, its accumulated weight, or with
    /// <see cref="AttentionNeeds.None"/> its position, so that newer rows score higher. Of equal scores the older row stays.</param>
    /// <param name="first">i, 0 or more; the first k − n rows if that is less.</param>
    /// <param name="newestShare">n as a part of k, from 0 to 1: n = ⌊share · k⌋.</param>
    /// <exception cref="ArgumentException">The score is none of these three, or a number is out of range.</exception>
    public KeepRule(AttentionNeeds score, int first = 0, double newestShare = 0)
    {
        if (score is not (AttentionNeeds.None or AttentionNeeds.LastQuery or AttentionNeeds.Accumulated))
            throw new ArgumentException($"The score is {score}; expected None, LastQuery or Accumulated.", nameof(score));
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        if (!(newestShare is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(newestShare), newestShare, "The share of the newest rows must be from 0 to 1.");
        (Score, First, NewestShare) = (score, first, newestShare);
    }

    /// <summary>The score of a row.</summary>
    public AttentionNeeds Score { get; }

    /// <summary>i.</summary>
    public int First { get; }

    /// <summary>n / k.</summary>
    public double NewestShare { get; }

    /// <summary>n for a size.</summary>
    /// <param name="limit">k.</param>
    /// <returns>The number of newest rows that stay whatever their scores.</returns>
    public int NewestOf(int limit) => (int)(NewestShare * limit);

    /// <summary>i for a size.</summary>
    /// <param name="limit">k.</param>
    /// <returns>The number of first rows that stay whatever their scores.</returns>
    public int FirstOf(int limit) => Math.Min(First, limit - NewestOf(limit));

    /// <summary>Chooses the rows that stay.</summary>
    /// <param name="rows">The rows of a layer.</param>
    /// <param name="keep">One flag per row, all false; set for those that stay.</param>
    public void Keep(in MultiStateRows rows, Span<bool> keep)
    {
        int first = FirstOf(rows.Limit), newest = NewestOf(rows.Limit), highest = rows.Limit - first - newest;
        keep[..first].Fill(true);
        keep[^newest..].Fill(true);
        if (Score == AttentionNeeds.None)
            keep[^(newest + highest)..].Fill(true);
        else if (highest > 0)
            HighestScores.Mark(Scores(rows)[first..^newest], highest, keep[first..^newest]);
    }

    private ReadOnlySpan<float> Scores(in MultiStateRows rows) =>
        Score == AttentionNeeds.LastQuery ? rows.LastQuery : rows.Accumulated;
}
