namespace RetNet.Extensions.Core.Training.Run;

/// <summary>Measures a language model on texts, in windows of the context's length.</summary>
internal sealed class LanguageModelValidation
{
    private readonly TrainableModel _model;
    private readonly IReadOnlyList<ReadOnlyMemory<int>> _documents;
    private readonly int _batchSize;
    private readonly TokenWindows _windows;
    private readonly BatchBuffer _buffer;

    /// <exception cref="ArgumentException">No window has an answer, where only these are learned.</exception>
    public LanguageModelValidation(TrainableModel model, TrainingOptions options, IReadOnlyList<ReadOnlyMemory<int>> documents)
    {
        (_model, _documents, _batchSize, _buffer) = (model, documents, options.BatchSize, new BatchBuffer(options));
        _windows = new TokenWindows(documents, options.ContextLength, options.Seed);
        _buffer.RequireTargets(_windows, "validation");
    }

    public string Fingerprint => DataFingerprint.Of(_documents);

    /// <summary>Mean loss of all tokens that are predicted, in nats.</summary>
    public double Loss(CancellationToken cancellationToken)
    {
        double loss = 0;
        long predicted = 0;
        for (int first = 0; first < _windows.Count; first += _batchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _buffer.Clear();
            for (int window = first; window < Math.Min(first + _batchSize, _windows.Count); window++)
                _buffer.AddWindow(_windows.InOrder(window));
            loss += _buffer.Predicted * _model.Loss(_buffer.ForValidation(cancellationToken), _buffer.Targets);
            predicted += _buffer.Predicted;
        }

        return loss / predicted;
    }
}
