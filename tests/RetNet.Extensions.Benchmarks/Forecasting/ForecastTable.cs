using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Tool.Forecasting;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary>The figures of a collection: per period, and for all where there are several, a row per method.</summary>
internal sealed class ForecastTable
{
    private const string All = "all";

    private readonly List<Row> _rows = [];

    /// <summary>Measures all methods by turns.</summary>
    public ForecastTable(EvaluationSeries[] series, IReadOnlyList<IForecastMethod> methods)
    {
        foreach (IGrouping<(string Period, int Horizon), EvaluationSeries> group in series.GroupBy(one => (one.Period, one.Future.Length)))
            _rows.AddRange(methods.Select(method => Measure(group.Key.Period, method, [.. group])));
        if (_rows.DistinctBy(row => row.Period).Count() > 1)
            _rows.AddRange([.. _rows.Select(row => row with { Period = All })]);
    }

    /// <summary>As Markdown.</summary>
    public Table Table()
    {
        Table table = new Table { Border = TableBorder.Markdown }.AddColumns(
            "period", "series", "method", "sMAPE, %", "MASE", "WQL", "coverage of 80 %", "processor ms per series", "seconds", "peak MB");
        foreach (IGrouping<(string Period, string Method), Row> rows in _rows.GroupBy(row => (row.Period, row.Method)))
        {
            ForecastAccuracy accuracy = ForecastAccuracy.Combine(rows.Select(row => row.Accuracy));
            double processor = 1000 * rows.Sum(row => row.Run.ProcessorSeconds) / rows.Sum(row => row.Run.Quantiles.Length);
            double peak = rows.Max(row => row.Run.PeakMegabytes);
            string seconds = rows.All(row => row.Run.Seconds is not null) ? $"{rows.Sum(row => row.Run.Seconds):F2}" : "";
            table.AddRow(Array.ConvertAll(
                (string[])[rows.Key.Period, $"{accuracy.Series:N0}", rows.Key.Method, $"{accuracy.Smape:F2}", $"{accuracy.Mase:F3}",
                    $"{accuracy.WeightedQuantileLoss:F4}", $"{accuracy.Coverage80:P1}", $"{processor:F2}", seconds, $"{peak:F0}"],
                Markup.Escape));
        }

        return table;
    }

    private static Row Measure(string period, IForecastMethod method, EvaluationSeries[] series)
    {
        Console.Error.WriteLine($"{period}, {series.Length} series: {method.Name}");
        ForecastRun run = method.Run(series);
        return new(period, method.Name, run, ForecastAccuracy.Combine(series.Zip(run.Quantiles, (one, quantiles) =>
            ForecastAccuracy.Measure(one.History, one.Future, quantiles, ForecasterConfiguration.Levels, one.SeasonLength))));
    }

    private sealed record Row(string Period, string Method, ForecastRun Run, ForecastAccuracy Accuracy);
}
