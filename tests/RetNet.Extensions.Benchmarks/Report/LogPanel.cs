using System.Globalization;
using System.Text;

namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>A plot with two logarithmic axes whose curves are labelled at their ends.</summary>
internal sealed class LogPanel
{
    private const int Left = 70;
    private const int Top = 50;
    private const int PlotWidth = 330;
    private const int PlotHeight = 270;
    private const int LabelHeight = 17;
    private const int LabelRoom = 110;

    /// <summary>Width of a panel with its labels.</summary>
    public const int Width = Left + PlotWidth + LabelRoom;

    /// <summary>Height of a panel with its axes.</summary>
    public const int Height = Top + PlotHeight + 55;

    private readonly IReadOnlyList<Curve> _curves;
    private readonly (double Least, double Most) _x;
    private readonly (double Least, double Most) _y;

    /// <param name="title">Above the plot.</param>
    /// <param name="curves">At least one, each with at least one point; all values are positive.</param>
    /// <param name="format">Writes a value of the vertical axis.</param>
    public LogPanel(string title, IReadOnlyList<Curve> curves, Func<double, string> format)
    {
        (Title, _curves, Format) = (title, curves, format);
        double[] xs = [.. curves.SelectMany(curve => curve.Points).Select(point => point.X)];
        double[] ys = [.. curves.SelectMany(curve => curve.Points).Select(point => point.Y)];
        _x = (xs.Min(), Math.Max(xs.Max(), 2 * xs.Min()));
        _y = (Below(ys.Min()), Above(ys.Max()));
    }

    private string Title { get; }

    private Func<double, string> Format { get; }

    /// <summary>Writes the panel with its left edge at <paramref name="offset"/>.</summary>
    public void WriteTo(StringBuilder svg, int offset)
    {
        svg.Append(CultureInfo.InvariantCulture,
            $"<g transform=\"translate({offset} 0)\">\n<text x=\"{Left}\" y=\"28\" font-size=\"15\" font-weight=\"bold\">{Title}</text>\n");
        WriteVerticalAxis(svg);
        WriteHorizontalAxis(svg);
        foreach (Curve curve in _curves)
            WriteCurve(svg, curve);
        WriteLabels(svg);
        svg.Append("</g>\n");
    }

    // Ticks at 1, 2 and 5 times powers of ten.
    private void WriteVerticalAxis(StringBuilder svg)
    {
        for (double tick = _y.Least; tick <= _y.Most * 1.001; tick = Next(tick))
        {
            svg.Append(CultureInfo.InvariantCulture, $"""
                <line x1="{Left}" x2="{Left + PlotWidth}" y1="{Y(tick):F1}" y2="{Y(tick):F1}" stroke="#ddd"/>
                <text x="{Left - 8}" y="{Y(tick) + 4:F1}" text-anchor="end">{Format(tick)}</text>

                """);
        }
    }

    // A tick below every measured context that has room for its label.
    private void WriteHorizontalAxis(StringBuilder svg)
    {
        const double labelWidth = 42;
        svg.Append(CultureInfo.InvariantCulture,
            $"<path d=\"M{Left} {Top}V{Top + PlotHeight}H{Left + PlotWidth}\" fill=\"none\" stroke=\"black\"/>\n");
        double last = double.NegativeInfinity;
        foreach (double x in _curves.SelectMany(curve => curve.Points).Select(point => point.X).Distinct().Order())
        {
            svg.Append(CultureInfo.InvariantCulture,
                $"<line x1=\"{X(x):F1}\" x2=\"{X(x):F1}\" y1=\"{Top + PlotHeight}\" y2=\"{Top + PlotHeight + 5}\" stroke=\"black\"/>\n");
            if (X(x) - last < labelWidth)
                continue;
            last = X(x);
            svg.Append(CultureInfo.InvariantCulture,
                $"<text x=\"{last:F1}\" y=\"{Top + PlotHeight + 20}\" text-anchor=\"middle\">{x:N0}</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{Left + (PlotWidth / 2)}\" y=\"{Top + PlotHeight + 42}\" text-anchor=\"middle\">context, tokens</text>\n");
    }

    private void WriteCurve(StringBuilder svg, Curve curve)
    {
        string points = string.Join(
            ' ', curve.Points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.X):F1},{Y(point.Y):F1}")));
        svg.Append(
            CultureInfo.InvariantCulture, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{curve.Color}\" stroke-width=\"2\"/>\n");
        foreach ((double x, double y) in curve.Points)
            svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(x):F1}\" cy=\"{Y(y):F1}\" r=\"3\" fill=\"{curve.Color}\"/>\n");
    }

    // Beside the last point of each curve, moved down where the label above needs the room.
    private void WriteLabels(StringBuilder svg)
    {
        double free = double.NegativeInfinity;
        foreach (Curve curve in _curves.OrderByDescending(curve => curve.Points[^1].Y))
        {
            (double x, double y) = curve.Points[^1];
            double height = Math.Max(Y(y) + 4, free);
            free = height + LabelHeight;
            svg.Append(
                CultureInfo.InvariantCulture, $"<text x=\"{X(x) + 9:F1}\" y=\"{height:F1}\" fill=\"{curve.Color}\">{curve.Name}</text>\n");
        }
    }

    private double X(double value) => Left + (PlotWidth * Math.Log(value / _x.Least) / Math.Log(_x.Most / _x.Least));

    private double Y(double value) => Top + PlotHeight - (PlotHeight * Math.Log(value / _y.Least) / Math.Log(_y.Most / _y.Least));

    private static double Next(double tick)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(tick * 1.001)));
        return (tick / power) switch
        {
            < 1.5 => 2 * power,
            < 3 => 5 * power,
            _ => 10 * power,
        };
    }

    private static double Below(double value)
    {
        double tick = Math.Pow(10, Math.Floor(Math.Log10(value)));
        while (Next(tick) <= value)
            tick = Next(tick);
        return tick;
    }

    private static double Above(double value) => Next(Below(value));
}
