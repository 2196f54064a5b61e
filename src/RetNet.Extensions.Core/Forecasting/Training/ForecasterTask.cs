using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Forecasting.Training;

/// <summary>A forecaster learns the quantiles of series.</summary>
internal sealed class ForecasterTask(
    TrainableForecaster model, TrainingOptions options, ISeriesSource series, ISeriesSource validation) : TrainingTask(options)
{
    public override IReadOnlyList<Parameter> Parameters => model.Parameters;

    public override WorkerPool? Pool => model.Pool;

    public override double ItemsPerEpoch => series.Count;

    public override int ItemsPerBatch => Options.BatchSize;

    public override bool HasValidation => true;

    public override void ClearGradients() => model.ClearGradients();

    public override double Validate(CancellationToken cancellationToken)
    {
        double sum = 0;
        for (long first = 0; first < validation.Count; first += Options.BatchSize)
        {
            int count = (int)Math.Min(Options.BatchSize, validation.Count - first);
            sum += count * model.Loss(Prepare(validation, first, count), cancellationToken);
        }

        return sum / validation.Count;
    }

    public override IEnumerable<KeyValuePair<string, string>> Fingerprint()
    {
        yield return KeyValuePair.Create("model", DataFingerprint.Of(model.Configuration.ToJson()));
        yield return KeyValuePair.Create("data", series.Fingerprint);
        yield return KeyValuePair.Create("validation data", validation.Fingerprint);
    }

    protected override double Weight(long batch) => Options.BatchSize;

    protected override StepLoss AddGradients(long batch, float share, CancellationToken cancellationToken)
    {
        TokenBatch tokens = Prepare(series, batch * Options.BatchSize, Options.BatchSize);
        return new StepLoss(model.Step(tokens, share, cancellationToken), tokens.Rows);
    }

    private TokenBatch Prepare(ISeriesSource source, long first, int count) =>
        new(model.Configuration.Shape, count, i => source.Get(first + i), model.Pool);
}
