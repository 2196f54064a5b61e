namespace RetNet.Extensions.Core.Training;

/// <summary>A language model learns from shuffled windows of its texts.</summary>
internal sealed class WindowTask(TrainableModel model, TrainingOptions options, IReadOnlyList<ReadOnlyMemory<int>> documents, LanguageModelValidation? validation)
    : LanguageModelTask(model, documents, validation)
{
    private readonly TokenWindows _windows = new(documents, options.ContextLength, options.Seed);
    private readonly BatchBuffer _buffer = new(options);

    public override double BatchesPerEpoch => (double)_windows.Count / options.BatchSize;

    public override StepLoss AddGradients(long step, CancellationToken cancellationToken)
    {
        long total = 0;
        for (int i = 0; i < options.AccumulationSteps; i++)
            total += Collect((step * options.AccumulationSteps) + i);

        double loss = 0;
        for (int i = 0; i < options.AccumulationSteps; i++)
        {
            long batch = (step * options.AccumulationSteps) + i;
            double share = (double)Collect(batch) / total;
            loss += share * Model.Step(_buffer.ForTraining(batch, null, cancellationToken), _buffer.Targets, (float)share);
        }

        return new StepLoss(loss, total);
    }

    /// <summary>Fills the buffer with the windows of a batch.</summary>
    /// <returns>Their tokens.</returns>
    private int Collect(long batch)
    {
        _buffer.Clear();
        for (int i = 0; i < options.BatchSize; i++)
            _buffer.AddWindow(_windows.Shuffled((batch * options.BatchSize) + i));
        return _buffer.Tokens;
    }
}
