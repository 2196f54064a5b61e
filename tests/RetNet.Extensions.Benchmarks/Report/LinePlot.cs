using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>Curves over one axis, as an SVG file.</summary>
internal static class LinePlot
{
    private const double Width = 860, Height = 420;

    private static readonly string[] Colors =
        ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#555555", "#17becf", "#8c564b", "#e377c2", "#bcbd22"];

    /// <summary>The color of the curve with a number, from 0.</summary>
    public static string Color(int curve) => Colors[curve % Colors.Length];

    /// <summary>Writes the picture.</summary>
    /// <param name="path">The file.</param>
    /// <param name="title">Above the plot.</param>
    /// <param name="x">What the horizontal axis shows; it is logarithmic unless it begins at 0.</param>
    /// <param name="y">What the vertical axis shows.</param>
    /// <param name="curves">At least one.</param>
    public static void Write(string path, string title, string x, string y, IReadOnlyList<Curve> curves)
    {
        PlotModel plot = new()
        {
            Title = title,
            TitleFontSize = 14,
            Culture = CultureInfo.InvariantCulture,
            Background = OxyColors.White,
            PlotAreaBorderColor = OxyColors.Gray,
            DefaultFont = "Arial, Helvetica, sans-serif",
            Padding = new OxyThickness(24, 10, 24, 18),
        };
        plot.Axes.Add(curves.SelectMany(curve => curve.Points).Any(point => point.X <= 0)
            ? new LinearAxis { Position = AxisPosition.Bottom, Title = x }
            : new LogarithmicAxis { Position = AxisPosition.Bottom, Title = x, Base = 2 });
        plot.Axes.Add(new LinearAxis
        {
            Position = AxisPosition.Left,
            Title = y,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColor.FromRgb(0xdd, 0xdd, 0xdd),
        });
        plot.Legends.Add(new Legend
        {
            LegendPosition = LegendPosition.RightTop,
            LegendPlacement = LegendPlacement.Outside,
            LegendLineSpacing = 8,
        });
        foreach (Curve curve in curves)
        {
            LineSeries line = new()
            {
                Title = curve.Name,
                Color = OxyColor.Parse(curve.Color),
                MarkerType = curve.Points.Count <= 40 ? MarkerType.Circle : MarkerType.None,
                MarkerSize = 2.5,
            };
            line.Points.AddRange(curve.Points.Select(point => new DataPoint(point.X, point.Y)));
            plot.Series.Add(line);
        }

        using MemoryStream svg = new();
        new SvgExporter
        {
            Width = Width,
            Height = Height,
            UseVerticalTextAlignmentWorkaround = true,
            TextMeasurer = new WideText(),
        }.Export(plot, svg);
        AtomicFile.Write(path, svg.ToArray());
    }
}
