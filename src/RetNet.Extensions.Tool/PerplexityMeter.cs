using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool;

/// <summary>Sums the negative log-likelihood of a text's tokens, with memory for a bounded number of rows of logits.</summary>
/// <param name="model">The model.</param>
/// <param name="options">How a sequence remembers.</param>
/// <param name="start">The token before the text and before each window; null for none, and then the text's first token is not
/// scored.</param>
/// <param name="context">The tokens of a window, including the token before it; null for one window over the whole text.</param>
/// <param name="chunk">The tokens that are fed at once.</param>
internal sealed class PerplexityMeter(LanguageModel model, StateOptions options, int? start, int? context, int chunk)
{
    private readonly int[] _inputs = new int[chunk];
    private float[] _logits = [];

    /// <summary>The sum of −ln p over all scored tokens.</summary>
    public double Nats { get; private set; }

    /// <summary>The number of scored tokens.</summary>
    public long Tokens { get; private set; }

    /// <summary>Scores a text.</summary>
    /// <param name="text">Its tokens.</param>
    /// <param name="scored">Called with the number of newly scored tokens.</param>
    /// <param name="cancellation">Observed between steps.</param>
    public void Score(ReadOnlySpan<int> text, Action<int> scored, CancellationToken cancellation)
    {
        int rows = Math.Min(chunk, text.Length);
        _logits = new float[(long)rows * model.Info.VocabularySize];
        int window = context - 1 ?? text.Length;
        for (int from = start is null ? 1 : 0; from < text.Length; from += Math.Min(window, text.Length - from))
            ScoreWindow(text, from, Math.Min(window, text.Length - from), scored, cancellation);
    }

    /// <summary>Scores the tokens from <paramref name="from"/> on, each predicted from those of the window before it.</summary>
    private void ScoreWindow(ReadOnlySpan<int> text, int from, int count, Action<int> scored, CancellationToken cancellation)
    {
        using SequenceState state = model.CreateState(options);
        for (int done = 0; done < count; done += chunk)
        {
            int rows = Math.Min(chunk, count - done);
            ReadOnlySpan<int> targets = text.Slice(from + done, rows);
            _inputs[0] = done == 0 && start is { } token ? token : text[from + done - 1];
            targets[..^1].CopyTo(_inputs.AsSpan(1));
            model.Forward(
                new ForwardBatch([new SequenceInput(state, rows)], _inputs.AsSpan(0, rows), ForwardOutput.AllLogits,
                    cancellation), _logits);
            for (int row = 0; row < rows; row++)
            {
                Nats += SequenceLikelihood.NegativeLogLikelihood(_logits.AsSpan(row * model.Info.VocabularySize, model.Info.VocabularySize),
                    targets[row]);
            }

            Tokens += rows;
            scored(rows);
        }
    }
}
