namespace RetNet.Extensions.Benchmarks.Serving;

/// <summary>An answer.</summary>
/// <param name="Tokens">The number of generated tokens.</param>
/// <param name="CachedTokens">The number of prompt tokens that were not read anew.</param>
/// <param name="FirstText">From the request to the first text.</param>
internal sealed record TimedAnswer(int Tokens, int CachedTokens, TimeSpan FirstText);

/// <summary>What a number of clients got.</summary>
/// <param name="Answers">The answers.</param>
/// <param name="Time">From the first request to the last answer.</param>
internal sealed record LoadResult(IReadOnlyList<TimedAnswer> Answers, TimeSpan Time)
{
    /// <summary>Generated tokens per second, of all clients together.</summary>
    public double TokensPerSecond => Answers.Sum(answer => answer.Tokens) / Time.TotalSeconds;

    /// <summary>The mean of <see cref="TimedAnswer.CachedTokens"/>.</summary>
    public double CachedTokens => Answers.Average(answer => answer.CachedTokens);

    /// <summary>The time to the first text that a part of the answers did not exceed, in milliseconds.</summary>
    /// <param name="part">0 to 1.</param>
    public double FirstText(double part) =>
        Answers.Select(answer => answer.FirstText.TotalMilliseconds).Order().ElementAt((int)Math.Ceiling(part * Answers.Count) - 1);
}
