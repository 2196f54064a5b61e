using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool.Work;

/// <summary>Scores texts: how well the model predicts each, as <c>retnet perplexity</c> measures one.</summary>
internal sealed class ScoringTask : ITextTask
{
    private readonly TextModel _model;
    private readonly SequenceBatches<double> _batches;

    public ScoringTask(TextModel model, StateOptions state, int batch)
    {
        _model = model;
        SequenceLikelihood likelihood = new(model.Model, state);
        _batches = new SequenceBatches<double>(batch, (texts, cancellation) =>
        {
            // As where texts are embedded.
            model.Budget.RequireRoom(likelihood.StateBytes(texts));
            return likelihood.Score(texts, cancellation);
        });
    }

    public IReadOnlyList<string> Settings => [];

    public async Task<Action<Utf8JsonWriter>> ComputeAsync(string text, CancellationToken cancellation)
    {
        int[] tokens = _model.Tokenizer.Encode(text, addSpecialTokens: false);
        if (_model.BeginningOfSequenceId is { } start)
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
