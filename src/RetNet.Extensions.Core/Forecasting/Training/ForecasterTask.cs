using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Forecasting.Training;

/// <summary>A forecaster learns the quantiles of series.</summary>
internal sealed class ForecasterTask(
    TrainableForecaster model, TrainingOptions options, ISeriesSource series, ISeriesSource? validation) : TrainingTask
{
    // The series of a step are prepared while the step before is computed.
    private Task<TokenBatch>? _next;
    private long _nextStep = -1;

    public override IReadOnlyList<Parameter> Parameters => model.Parameters;

    public override WorkerPool? Pool => model.Pool;

    public override double BatchesPerEpoch => series.Count / options.BatchSize;

    public override bool HasValidation => validation is not null;

    public override void ClearGradients() => model.ClearGradients();

    public override StepLoss AddGradients(long step, CancellationToken cancellationToken)
    {
        TokenBatch batch = step == _nextStep ? _next!.GetAwaiter().GetResult() : Prepare(series, step);
        _nextStep = step + 1;
        _next = Task.Run(() => Prepare(series, step + 1), CancellationToken.None);
        return new StepLoss(model.Step(batch, cancellationToken), batch.Rows);
    }

    public override double Validate(CancellationToken cancellationToken)
    {
        double sum = 0;
        long batches = Math.Max(1, (long)Math.Ceiling(validation!.Count / options.BatchSize));
        for (long batch = 0; batch < batches; batch++)
            sum += model.Loss(Prepare(validation, batch), cancellationToken);
        return sum / batches;
    }

    public override IEnumerable<KeyValuePair<string, string>> Fingerprint()
    {
        yield return KeyValuePair.Create("model", DataFingerprint.Of(model.Configuration.ToJson()));
        yield return KeyValuePair.Create("data", series.Fingerprint);
        yield return KeyValuePair.Create("validation data", validation?.Fingerprint ?? "none");
    }

    public override void Dispose() => _next?.GetAwaiter().GetResult();

    private TokenBatch Prepare(ISeriesSource source, long batch)
    {
        TokenBatch tokens = new(model.Configuration.Shape);
        for (int i = 0; i < options.BatchSize; i++)
        {
            long index = (batch * options.BatchSize) + i;
            if (index < source.Count)
                tokens.Add(source.Get(index));
        }

        tokens.Normalize();
        return tokens;
    }
}
