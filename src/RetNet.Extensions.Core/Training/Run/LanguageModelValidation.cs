namespace RetNet.Extensions.Core.Training.Run;

/// <summary>Measures a language model on texts, in windows of the context's length; each begins with an empty state, also where training
/// carries one.</summary>
internal sealed class LanguageModelValidation(TrainableModel model, TrainingOptions options, IReadOnlyList<ReadOnlyMemory<int>> documents)
{
    private readonly TokenWindows _windows = new(documents, options.ContextLength, options.Seed);
    private readonly BatchBuffer _buffer = new(options);

    public string Fingerprint => DataFingerprint.Of(documents);

    /// <summary>Mean loss of all tokens that are predicted, in nats.</summary>
    public double Loss(CancellationToken cancellationToken)
    {
        double loss = 0;
        long predicted = 0;
        for (int first = 0; first < _windows.Count; first += options.BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _buffer.Clear();
            for (int window = first; window < Math.Min(first + options.BatchSize, _windows.Count); window++)
                _buffer.AddWindow(_windows.InOrder(window));
            loss += _buffer.Predicted * model.Loss(_buffer.ForValidation(cancellationToken), _buffer.Targets);
            predicted += _buffer.Predicted;
        }

        return loss / predicted;
    }
}
