namespace RetNet.Extensions.Core.Training.Run;

/// <summary>A language model learns from shuffled windows of its texts.</summary>
internal sealed class WindowTask(
    TrainableModel model, TrainingOptions options, IReadOnlyList<ReadOnlyMemory<int>> documents, LanguageModelValidation? validation)
    : LanguageModelTask(model, options, documents, validation)
{
    private readonly TokenWindows _windows = new(documents, options.ContextLength, options.Seed);
    private readonly BatchBuffer _buffer = new(options);

    public override double ItemsPerEpoch => _windows.Count;

    public override int ItemsPerBatch => Options.BatchSize;

    public override int LongestSequence => _windows.Longest;

    protected override double Weight(long batch)
    {
        Collect(batch);
        return _buffer.Predicted;
    }

    protected override StepLoss AddGradients(long batch, float share, CancellationToken cancellationToken)
    {
        Collect(batch);
        return new StepLoss(
            Model.Step(_buffer.ForTraining(batch, null, cancellationToken), _buffer.Targets, share), _buffer.Tokens);
    }

    /// <summary>Fills the buffer with the windows of a batch.</summary>
    private void Collect(long batch)
    {
        _buffer.Clear();
        for (int i = 0; i < Options.BatchSize; i++)
            _buffer.AddWindow(_windows.Shuffled((batch * Options.BatchSize) + i));
    }
}
