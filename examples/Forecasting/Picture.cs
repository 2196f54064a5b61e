using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Forecasting;

/// <summary>A picture of the sales, and of forecasts of their last months.</summary>
public static class Picture
{
    private const int YearsShown = 5;

    public static void Write(
        string path, IReadOnlyList<SalesMonth> sales, SalesForecast forecast, IReadOnlyList<(string Name, double[] Values)> others)
    {
        PlotModel plot = new()
        {
            Title = "Sales of a garden shop, thousands of euros",
            TitleFontSize = 14,
            Culture = CultureInfo.InvariantCulture,
            Background = OxyColors.White,
            DefaultFont = "Arial, Helvetica, sans-serif",
            Padding = new OxyThickness(16, 10, 24, 12),
        };
        plot.Axes.Add(new DateTimeAxis { Position = AxisPosition.Bottom, IntervalLength = 110 });
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Left });
        plot.Legends.Add(new Legend
        {
            LegendPosition = LegendPosition.TopCenter,
            LegendPlacement = LegendPlacement.Outside,
            LegendOrientation = LegendOrientation.Horizontal,
            LegendPadding = 30,
            LegendItemSpacing = 48,
        });
        DateTime[] ahead = [.. sales.TakeLast(SalesForecast.Horizon).Select(month => month.Month)];
        AreaSeries band = new() { Title = "80 %", StrokeThickness = 0, Fill = OxyColor.FromAColor(0x40, OxyColors.SteelBlue) };
        band.Points.AddRange(ahead.Zip(forecast.Lower, Point));
        band.Points2.AddRange(ahead.Zip(forecast.Upper, Point));
        plot.Series.Add(band);
        plot.Series.Add(Line("sales", OxyColors.Black, sales.TakeLast(YearsShown * 12).Select(month => Point(month.Month, month.Sales))));
        plot.Series.Add(Line("RetNet", OxyColors.SteelBlue, ahead.Zip(forecast.Forecast, Point)));
        foreach (((string name, double[] values), OxyColor color) in others.Zip([OxyColors.DarkOrange, OxyColors.SeaGreen]))
            plot.Series.Add(Line(name, color, ahead.Zip(values, (month, value) => Point(month, (float)value))));

        using FileStream file = File.Create(path);
        new SvgExporter { Width = 1000, Height = 420, UseVerticalTextAlignmentWorkaround = true }.Export(plot, file);
    }

    private static LineSeries Line(string title, OxyColor color, IEnumerable<DataPoint> points)
    {
        LineSeries line = new() { Title = title, Color = color, StrokeThickness = 1.5 };
        line.Points.AddRange(points);
        return line;
    }

    private static DataPoint Point(DateTime month, float value) => new(DateTimeAxis.ToDouble(month), value);
}
