using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Tool.Forecasting;

namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary>A forecasting model, all series in one call; of a series it knows the season, and the week where that is a day, as
/// <c>retnet forecast-eval</c> tells it.</summary>
internal sealed class ModelMethod(string path, int threads, StateOptions state) : IForecastMethod, IDisposable
{
    /// <summary>The model.</summary>
    public Forecaster Forecaster { get; } = Forecaster.Load(path, new ModelLoadOptions { Threads = threads }, state);

    public string Name { get; } = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));

    public ForecastRun Run(EvaluationSeries[] series) => ForecastClock.Measure(Forecast, series);

    public void Dispose() => Forecaster.Dispose();

    private double[][] Forecast(EvaluationSeries[] series)
    {
        SeriesInput[] inputs =
            Array.ConvertAll(series, one => new SeriesInput(one.History, new SeriesOptions { SeasonLengths = one.Seasons }));
        return [.. Forecaster.ForecastAll(inputs, series[0].Future.Length).Select(forecast => forecast.Values.ToArray())];
    }
}
