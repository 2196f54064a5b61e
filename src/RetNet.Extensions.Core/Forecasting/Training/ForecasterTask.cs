using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Forecasting.Training;

/// <summary>A forecaster learns the quantiles of series.</summary>
internal sealed class ForecasterTask(
    TrainableForecaster model, TrainingOptions options, ISeriesSource series, ISeriesSource validation) : TrainingTask
{
    public override IReadOnlyList<Parameter> Parameters => model.Parameters;

    public override WorkerPool? Pool => model.Pool;

    public override double BatchesPerEpoch => series.Count / options.BatchSize;

    public override bool HasValidation => true;

    public override void ClearGradients() => model.ClearGradients();

    public override StepLoss AddGradients(long step, CancellationToken cancellationToken)
    {
        TokenBatch batch = Prepare(series, step * options.BatchSize, options.BatchSize);
        return new StepLoss(model.Step(batch, cancellationToken), batch.Rows);
    }

    public override double Validate(CancellationToken cancellationToken)
    {
        double sum = 0;
        long batches = Math.Max(1, (long)Math.Ceiling(validation.Count / options.BatchSize));
        for (long batch = 0; batch < batches; batch++)
        {
            long first = batch * options.BatchSize;
            sum += model.Loss(Prepare(validation, first, (int)Math.Min(options.BatchSize, validation.Count - first)), cancellationToken);
        }

        return sum / batches;
    }

    public override IEnumerable<KeyValuePair<string, string>> Fingerprint()
    {
        yield return KeyValuePair.Create("model", DataFingerprint.Of(model.Configuration.ToJson()));
        yield return KeyValuePair.Create("data", series.Fingerprint);
        yield return KeyValuePair.Create("validation data", validation.Fingerprint);
    }

    private TokenBatch Prepare(ISeriesSource source, long first, int count) =>
        new(model.Configuration.Shape, count, i => source.Get(first + i), model.Pool);
}
