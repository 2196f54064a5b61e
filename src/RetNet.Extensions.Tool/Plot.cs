using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;

namespace RetNet.Extensions.Tool;

/// <summary>What all pictures have in common.</summary>
internal static class Plot
{
    private const double Width = 900, Height = 420;

    /// <summary>A picture without curves.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="steps">The horizontal axis.</param>
    /// <param name="values">What the vertical axis shows; null for no text.</param>
    public static PlotModel Create(string title, Axis steps, string? values = null)
    {
        PlotModel plot = new()
        {
            Title = title,
            TitleFontSize = 14,
            Culture = CultureInfo.InvariantCulture,
            Background = OxyColors.White,
            PlotAreaBorderColor = OxyColors.Gray,
            DefaultFont = "Arial, Helvetica, sans-serif",
            Padding = new OxyThickness(16, 10, 24, 12),
        };
        steps.Position = AxisPosition.Bottom;
        plot.Axes.Add(steps);
        plot.Axes.Add(new LinearAxis
        {
            Position = AxisPosition.Left,
            Title = values,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColor.FromRgb(0xdd, 0xdd, 0xdd),
        });
        plot.Legends.Add(new Legend
        {
            LegendPosition = LegendPosition.TopCenter,
            LegendPlacement = LegendPlacement.Outside,
            LegendOrientation = LegendOrientation.Horizontal,
            LegendPadding = 30,
            LegendItemSpacing = 48,
        });
        return plot;
    }

    /// <summary>The picture as an SVG file.</summary>
    public static byte[] ToSvg(PlotModel plot)
    {
        using MemoryStream svg = new();
        new SvgExporter { Width = Width, Height = Height, UseVerticalTextAlignmentWorkaround = true }.Export(plot, svg);
        return svg.ToArray();
    }
}
