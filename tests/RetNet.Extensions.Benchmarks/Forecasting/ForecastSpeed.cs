using System.Diagnostics;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Benchmarks.Report;
using RetNet.Extensions.Core.Forecasting;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary>Time and memory of a model, beside what the library promises for two threads.</summary>
internal static class ForecastSpeed
{
    private const int Series = 1000, SeriesLength = 200, Horizon = 18;
    private const int LongSeries = 100_000;
    private const int Updates = 8000, Rounds = 5;

    private static readonly SeriesOptions Seasonal = new() { SeasonLengths = [12] };

    /// <summary>Measures a model, as Markdown; times are medians of several rounds.</summary>
    public static Table Measure(Forecaster forecaster)
    {
        SeriesInput[] series =
            [.. Enumerable.Range(0, Series).Select(seed => new SeriesInput(Values(seed, SeriesLength), Seasonal))];
        forecaster.ForecastAll(series[..1], Horizon);
        double batch = Median(() => forecaster.ForecastAll(series, Horizon));

        double[] values = Values(0, LongSeries), quantiles = new double[Horizon * ForecasterConfiguration.Levels.Count];
        using ForecastingState state = forecaster.CreateState(Seasonal);
        UpdateEach(values.AsSpan(0, SeriesLength), forecast: true);
        long bytes = state.ByteSize;
        double update = 1e6 / Updates * Median(() => UpdateEach(values.AsSpan(0, Updates), forecast: false));
        double both = 1e6 / Updates * Median(() => UpdateEach(values.AsSpan(0, Updates), forecast: true));
        UpdateEach(values, forecast: false);
        state.Forecast(quantiles);
        double reading = Median(() =>
        {
            using ForecastingState whole = forecaster.CreateState(Seasonal);
            whole.Update(values);
        });

        Table table = new Table { Border = TableBorder.Markdown }.AddColumns("figure", "value", "target", "reached");
        Add($"{Series:N0} series of {SeriesLength} values, horizon {Horizon}", $"{batch:F2} s", batch, Target.AtMost(2, "2 s"));
        Add("one observation", $"{update:F1} µs", update, Target.AtMost(100, "100 µs"));
        Add($"one observation and a forecast, horizon {Horizon}", $"{both:F1} µs");
        Add($"a series of {LongSeries:N0} values at once", $"{reading:F2} s");
        Add($"bytes of a state after {SeriesLength} values", $"{bytes:N0}");
        Add($"bytes of a state after {state.Count:N0} values", $"{state.ByteSize:N0}", state.ByteSize, Target.AtMost(bytes, "the same"));
        return table;

        void Add(string name, string value, double result = 0, Target? target = null)
        {
            Figure figure = new(name, value, "", result, "") { Target = target };
            table.AddRow(figure.Name, figure.Ours, figure.TargetText, figure.Reached);
        }

        void UpdateEach(ReadOnlySpan<double> observations, bool forecast)
        {
            foreach (double observation in observations)
            {
                state.Update(observation);
                if (forecast)
                    state.Forecast(quantiles);
            }
        }
    }

    private static double Median(Action action)
    {
        double[] seconds = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            seconds[round] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        return seconds.Median();
    }

    // A trend, a season of twelve steps and noise.
    private static double[] Values(int seed, int length)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, length).Select(t => 100 + 0.1 * t + 10 * Math.Sin(2 * Math.PI * t / 12) + random.NextDouble())];
    }
}
