using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Tool.Forecasting.Tables;

namespace RetNet.Extensions.Tool.Forecasting;

/// <summary>A picture of a forecast: the end of the history, the median, and bands around it.</summary>
internal static class ForecastPlot
{
    // Steps of history: some for each step of the forecast.
    private const int HistoryPerStep = 8, LeastHistory = 60, MostHistory = 3000;

    private static readonly OxyColor Color = OxyColor.FromRgb(0x1f, 0x77, 0xb4);

    /// <summary>Writes the picture as an SVG file, whole or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, string title, TableSeries series, SeriesForecast forecast)
    {
        PlotModel plot = Plot.Create(
            title, series.Last is null ? new LinearAxis { Title = "step" } : new DateTimeAxis { IntervalLength = 110 });
        plot.Series.Add(Band(series, forecast, 0, "80 %", 0x30));
        plot.Series.Add(Band(series, forecast, 2, "40 %", 0x50));
        plot.Series.Add(History(series, forecast.Horizon));
        LineSeries median = new() { Title = "median", Color = Color, StrokeThickness = 2 };
        for (int step = 0; step < forecast.Horizon; step++)
            median.Points.Add(new DataPoint(Place(series, step + 1), forecast.Median[step]));
        plot.Series.Add(median);
        AtomicFile.Write(path, Plot.ToSvg(plot));
    }

    private static LineSeries History(TableSeries series, int horizon)
    {
        LineSeries history = new() { Title = "history", Color = OxyColors.Black, StrokeThickness = 1.2 };
        int count = Math.Min(series.Values.Length, Math.Clamp(HistoryPerStep * horizon, LeastHistory, MostHistory));
        double before = double.NaN;
        for (int i = series.Values.Length - count; i < series.Values.Length; i++)
        {
            double x = Place(series, i + 1 - series.Values.Length), value = series.Values[i];
            history.Points.Add(new DataPoint(x, value));

            // A value between missing ones is a line of no length, which has round ends.
            if (double.IsNaN(before) && !double.IsNaN(value))
                history.Points.Add(new DataPoint(x, value));
            before = value;
        }

        return history;
    }

    /// <summary>The band from one level of the forecast to the one as far from the other end.</summary>
    private static AreaSeries Band(TableSeries series, SeriesForecast forecast, int level, string title, byte opacity)
    {
        AreaSeries band = new() { Title = title, StrokeThickness = 0, Fill = OxyColor.FromAColor(opacity, Color) };
        int levels = forecast.Levels.Count;
        for (int step = 0; step < forecast.Horizon; step++)
        {
            double x = Place(series, step + 1);
            band.Points.Add(new DataPoint(x, forecast.Values[(step * levels) + level]));
            band.Points2.Add(new DataPoint(x, forecast.Values[(step * levels) + levels - 1 - level]));
        }

        return band;
    }

    /// <summary>Where a step is, counted from the last value.</summary>
    private static double Place(TableSeries series, int ahead) =>
        series.Last is null ? series.Values.Length + ahead : DateTimeAxis.ToDouble(series.TimeAt(ahead));
}
