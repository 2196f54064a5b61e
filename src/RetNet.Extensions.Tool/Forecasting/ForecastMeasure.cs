using System.Diagnostics;
using System.Text.Json;
using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Tool.Forecasting;

/// <summary>How well and how fast a model forecasts the series of a period, or all.</summary>
/// <param name="Period">The period, such as MONTHLY; <see cref="All"/> for all.</param>
/// <param name="Accuracy">How well.</param>
/// <param name="Time">The time of the forecasts.</param>
internal sealed record ForecastMeasure(string Period, ForecastAccuracy Accuracy, TimeSpan Time)
{
    public const string All = "all";

    /// <summary>Measures each period in the order in which they come, then all.</summary>
    /// <param name="forecaster">The model.</param>
    /// <param name="series">The series.</param>
    /// <param name="options">What the model is told of a series whose season is known, and its week where that is a day.</param>
    /// <param name="cancellation">Observed between blocks of series.</param>
    /// <exception cref="CommandException">A period is called as what stands for all, or a horizon is too long.</exception>
    public static ForecastMeasure[] OfPeriods(
        Forecaster forecaster, EvaluationSeries[] series, Func<IReadOnlyList<int>, SeriesOptions> options, CancellationToken cancellation)
    {
        if (Array.Find(series, one => one.Period == All) is { } wrong)
            throw new CommandException($"Series {wrong.Id} has the period '{All}', which stands for all periods; expected another name.");
        if (Array.Find(series, one => one.Future.Length > Forecaster.MaximumHorizon) is { } longest)
        {
            throw new CommandException($"Series {longest.Id} has a horizon of {longest.Future.Length} steps; expected at most "
                + $"{Forecaster.MaximumHorizon}.");
        }

        ForecastMeasure[] periods =
        [
            .. series.GroupBy(one => one.Period).Select(period => Of(period.Key, forecaster, [.. period], options, cancellation)),
        ];
        return
        [
            .. periods,
            new(All, ForecastAccuracy.Combine(periods.Select(period => period.Accuracy)),
                TimeSpan.FromTicks(periods.Sum(period => period.Time.Ticks))),
        ];
    }

    /// <summary>Writes a property of a JSON object.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject(Period);
        json.WriteNumber("series", Accuracy.Series);
        json.WriteOptional("smape", Finite(Accuracy.Smape));
        json.WriteOptional("mase", Finite(Accuracy.Mase));
        json.WriteOptional("wql", Finite(Accuracy.WeightedQuantileLoss));
        json.WriteOptional("coverage80", Finite(Accuracy.Coverage80));
        json.WriteNumber("seconds", Math.Round(Time.TotalSeconds, 3));
        json.WriteEndObject();
    }

    private static ForecastMeasure Of(
        string period, Forecaster forecaster, EvaluationSeries[] series, Func<IReadOnlyList<int>, SeriesOptions> options,
        CancellationToken cancellation)
    {
        TimeSpan time = default;
        List<ForecastAccuracy> accuracies = [];
        foreach (EvaluationSeries[] part in series.GroupBy(one => one.Future.Length).Select(part => part.ToArray()))
        {
            long start = Stopwatch.GetTimestamp();
            IReadOnlyList<SeriesForecast> forecasts = forecaster.ForecastAll(
                Array.ConvertAll(part, one => new SeriesInput(one.History, options(one.Seasons))),
                part[0].Future.Length, cancellation);
            time += Stopwatch.GetElapsedTime(start);
            accuracies.AddRange(part.Zip(forecasts, (one, forecast) =>
                ForecastAccuracy.Measure(one.History, one.Future, forecast.Values, forecast.Levels, one.SeasonLength)));
        }

        return new(period, ForecastAccuracy.Combine(accuracies), time);
    }

    // A measure may not be there: MASE of constants, say.
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
