using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Forecasting;

namespace RetNet.Extensions.ML.Tests.Forecasting;

public sealed class FineTuningTests
{
    private const int Horizon = 8;

    private static readonly double[] Pattern = [0, 9, 1, 8, 0, 0, 5, -4, 2, 7, -6];

    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void A_model_of_all_series_forecasts_each_of_them_better()
    {
        List<Sale> all = Family(stores: 12, days: 100);
        IDataView training = _context.Data.LoadFromEnumerable(all.Where(row => row.Day < Sale.Of(0, 92).Day));
        using RetNetForecastingTransformer before = Estimator(null).Fit(training);
        int reports = 0;
        List<string> log = [];
        _context.Log += (_, entry) => log.Add(entry.Message);
        using RetNetForecastingTransformer after = Estimator(new RetNetFineTuningOptions
        {
            Steps = 80,
            LearningRate = 3e-3,
            BatchSize = 8,
            Progress = new StepReport(() => reports++),
        }).Fit(training);

        (double old, double tuned) = (Error(before, training, all), Error(after, training, all));

        Assert.True(tuned < 0.8 * old, $"The error is {tuned}, and was {old}.");
        Assert.InRange(reports, 20, 80);
        Assert.Contains(log, message => message.Contains("Step 20 of 80: loss ", StringComparison.Ordinal));
        Assert.Contains(log, message => message.Contains("The weights are those after step ", StringComparison.Ordinal));
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, after, training.Schema);
        using IDisposable loaded = (IDisposable)file.Load(_context);
        Assert.Equal(after.TransformLast(training).GetColumn<float[]>("Forecast"),
            ((RetNetForecastingTransformer)loaded).TransformLast(training).GetColumn<float[]>("Forecast"));
    }

    [Fact]
    public void Series_of_wide_data_are_trained_on_as_well()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Family(6, 60).GroupBy(row => row.Store).Select(
            store => new WideRow { Values = [.. store.Select(row => row.Value)] }));
        int reports = 0;

        using RetNetForecastingTransformer model = _context.Forecasting.ForecastByRetNet(new RetNetForecastingEstimator.Options
        {
            OutputColumnName = "Forecast",
            InputColumnName = "Values",
            Horizon = Horizon,
            ModelPath = TinyForecaster.Path,
            FineTuning = new() { Steps = 5, EvaluateEvery = 5, Progress = new StepReport(() => reports++) },
        }).Fit(data);

        Assert.Equal(5, reports);
        Assert.All(model.Transform(data).GetColumn<float[]>("Forecast"), forecast => Assert.Equal(Horizon, forecast.Length));
    }

    [Fact]
    public void Training_ends_when_it_is_cancelled()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Family(2, 60));
        using CancellationTokenSource source = new();

        Assert.ThrowsAny<OperationCanceledException>(() => Estimator(new RetNetFineTuningOptions
        {
            Steps = 100_000,
            Patience = 0,
            Progress = new StepReport(source.Cancel),
            CancellationToken = source.Token,
        }).Fit(data));
    }

    [Fact]
    public void Series_that_are_too_short_and_options_out_of_range_are_named()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Family(2, 9));

        Assert.Contains("before its last 8 steps", Assert.Throws<ArgumentException>(
            () => Estimator(new RetNetFineTuningOptions { Steps = 1 }).Fit(data)).Message, StringComparison.Ordinal);
        foreach ((RetNetFineTuningOptions options, string name) in ((RetNetFineTuningOptions, string)[])[
            (new() { Steps = 0 }, "Steps"), (new() { BatchSize = 0 }, "BatchSize"), (new() { LearningRate = double.NaN }, "LearningRate"),
            (new() { ValidationHorizon = 0 }, "ValidationHorizon"), (new() { EvaluateEvery = 0 }, "EvaluateEvery"),
            (new() { Patience = -1 }, "Patience")])
        {
            Assert.StartsWith($"{name} is ", Assert.Throws<ArgumentException>(() => Estimator(options)).Message, StringComparison.Ordinal);
        }
    }

    private static double Error(RetNetForecastingTransformer model, IDataView training, List<Sale> all)
    {
        string[] stores = [.. model.TransformLast(training).GetColumn<string>("Store")];
        float[][] forecasts = [.. model.TransformLast(training).GetColumn<float[]>("Forecast")];
        return stores.Zip(forecasts).Average(pair => all.Where(row => row.Store == pair.First).TakeLast(Horizon)
            .Zip(pair.Second, (row, forecast) => Math.Abs(row.Value - forecast)).Average());
    }

    private static List<Sale> Family(int stores, int days)
    {
        Random random = new(1);
        return [.. Enumerable.Range(0, stores).SelectMany(store => Enumerable.Range(0, days).Select(
            day => Sale.Of((20 * store) + Pattern[(day + store) % Pattern.Length] + (0.3 * random.NextDouble()), day, $"S{store}")))];
    }

    private RetNetForecastingEstimator Estimator(RetNetFineTuningOptions? tuning) => _context.Forecasting.ForecastByRetNet(
        new RetNetForecastingEstimator.Options
        {
            OutputColumnName = "Forecast",
            InputColumnName = "Value",
            GroupColumnName = "Store",
            Horizon = Horizon,
            SeasonLengths = [],
            ModelPath = TinyForecaster.Path,
            FineTuning = tuning,
        });
}
