using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool;

/// <summary>Sums the negative log-likelihood of a text's tokens.</summary>
/// <param name="model">The model.</param>
/// <param name="options">How a sequence remembers.</param>
/// <param name="start">The token before the text and before each window; null for none, and then the text's first token is not
/// scored.</param>
/// <param name="context">The tokens of a window, including the token before it; null for one window over the whole text.</param>
internal sealed class PerplexityMeter(LanguageModel model, StateOptions options, int? start, int? context)
{
    /// <summary>Scores a text.</summary>
    /// <param name="text">Its tokens.</param>
    /// <param name="read">Called with the number of newly read tokens, at times by several threads at once.</param>
    /// <param name="cancellation">Observed between steps.</param>
    /// <returns>The sum of −ln p over all scored tokens, and their number.</returns>
    public (double Nats, long Tokens) Score(int[] text, Action<int> read, CancellationToken cancellation)
    {
        int window = context - 1 ?? text.Length;
        List<int[]> sequences = [];
        for (int from = start is null ? 1 : 0; from < text.Length; from += Math.Min(window, text.Length - from))
            sequences.Add([start ?? text[from - 1], .. text.AsSpan(from, Math.Min(window, text.Length - from))]);
        double nats = new SequenceLikelihood(model, options).ScoreAndReport(sequences, read, cancellation).Sum();
        return (nats, sequences.Sum(sequence => sequence.Length - 1L));
    }
}
