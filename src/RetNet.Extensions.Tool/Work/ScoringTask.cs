using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool.Work;

/// <summary>Scores texts: how well the model predicts each, as <c>retnet perplexity</c> measures one.</summary>
internal sealed class ScoringTask(TextModel model, StateOptions state, int batch) : ITextTask
{
    private readonly SequenceBatches<double> _batches = new(batch, new SequenceLikelihood(model.Model, state).Score);

    public IReadOnlyList<string> Settings => [];

    public async Task<Action<Utf8JsonWriter>> ComputeAsync(string text, CancellationToken cancellation)
    {
        int[] tokens = model.Tokenizer.Encode(text, addSpecialTokens: false);
        if (model.BeginningOfSequenceId is { } start)
            tokens = [start, .. tokens];
        double nats = await _batches.ComputeAsync(tokens, cancellation).ConfigureAwait(false);
        int scored = Math.Max(0, tokens.Length - 1);
        return json =>
        {
            json.WriteNumber("tokens", scored);
            json.WriteOptional("nats", Finite(nats));
            json.WriteOptional("perplexity", scored == 0 ? null : Finite(Math.Exp(nats / scored)));
        };
    }

    public void Dispose() => _batches.Dispose();

    // JSON has no other numbers.
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
