namespace RetNet.Extensions.Core.Training.Run;

/// <summary>A language model learns from shuffled windows of its texts.</summary>
internal sealed class WindowTask(
    TrainableModel model, TrainingOptions options, IReadOnlyList<ReadOnlyMemory<int>> documents, LanguageModelValidation? validation)
    : LanguageModelTask(model, documents, validation)
{
    private readonly TokenWindows _windows = new(documents, options.ContextLength, options.Seed);
    private readonly BatchBuffer _buffer = new(options);

    public override double BatchesPerEpoch => (double)_windows.Count / options.BatchSize;

    public override StepLoss AddGradients(long step, CancellationToken cancellationToken)
    {
        long first = step * options.AccumulationSteps;
        (long tokens, long predicted) = (0, 0);
        for (long batch = first; batch < first + options.AccumulationSteps; batch++)
        {
            Collect(batch);
            tokens += _buffer.Tokens;
            predicted += _buffer.Predicted;
        }

        double loss = 0;
        for (long batch = first; batch < first + options.AccumulationSteps; batch++)
        {
            Collect(batch);
            double share = (double)_buffer.Predicted / Math.Max(predicted, 1);
            loss += share * Model.Step(_buffer.ForTraining(batch, null, cancellationToken), _buffer.Targets, (float)share);
        }

        return new StepLoss(loss, tokens);
    }

    /// <summary>Fills the buffer with the windows of a batch.</summary>
    private void Collect(long batch)
    {
        _buffer.Clear();
        for (int i = 0; i < options.BatchSize; i++)
            _buffer.AddWindow(_windows.Shuffled((batch * options.BatchSize) + i));
    }
}
