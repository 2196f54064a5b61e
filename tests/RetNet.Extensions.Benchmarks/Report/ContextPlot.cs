using System.Text;
using RetNet.Extensions.Benchmarks.Comparison;
using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Benchmarks.Models;

namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>Speed and state bytes over the context, as SVG: RetNet, TOVA, full cache, llama.cpp.</summary>
internal static class ContextPlot
{
    private const string RetNet = "#2ca02c";
    private const string Tova = "#1f77b4";
    private const string Full = "#555555";
    private const string LlamaCpp = "#d62728";
    private const int Gap = 20;

    /// <summary>Draws what was measured.</summary>
    /// <returns>The picture; null when nothing of it was measured.</returns>
    public static string? ToSvg(SampleLog log, SyntheticShape shape)
    {
        string tova = $"TOVA, {Session.TovaRows:N0} rows";
        Curve theirs = Theirs();
        Curve[] speeds = Present(
        [
            Measured("RetNet", RetNet, Measures.RetNet, EngineNames.Ours),
            Measured(tova, Tova, Measures.Tova, EngineNames.Ours),
            Measured("full cache", Full, Measures.Decode, EngineNames.Ours),
            theirs,
        ]);
        Curve[] bytes = Present(
        [
            Measured("RetNet", RetNet, Measures.RetNetStateBytes, EngineNames.Ours),
            Measured(tova, Tova, Measures.TovaStateBytes, EngineNames.Ours),
            Measured("full cache", Full, Measures.StateBytes, EngineNames.Ours),

            // llama.cpp keeps keys and values in half precision, a row per token.
            theirs with { Points = [.. theirs.Points.Select(point => (point.X, point.X * shape.CacheBytesPerToken(2)))] },
        ]);
        if (speeds.Length == 0 || bytes.Length == 0)
            return null;

        StringBuilder svg = new($"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {(2 * LogPanel.Width) + Gap} {LogPanel.Height}"
                font-family="sans-serif" font-size="13">
            <title>Speed and state over the context</title>
            <rect width="{(2 * LogPanel.Width) + Gap}" height="{LogPanel.Height}" fill="white"/>

            """);
        new LogPanel("tokens per second", speeds, value => $"{value:0.##}").WriteTo(svg, 0);
        new LogPanel("bytes of a sequence's state", bytes, Bytes).WriteTo(svg, LogPanel.Width + Gap);
        return svg.Append("</svg>\n").ToString();

        Curve Measured(string name, string color, string measure, string engine)
        {
            string format = WeightKind.Usual.Name;
            return new(
                name, color, [.. log.Contexts(measure, engine,
                    format).Select(context => ((double)context, log.Median(new(measure, engine, format, context))!.Value))]);
        }

        // With the better setting of its flash attention at each context.
        Curve Theirs()
        {
            string format = WeightKind.Usual.Name;
            string[] engines = EngineNames.Both(EngineNames.LlamaCpp);
            return new("llama.cpp", LlamaCpp, [.. log.Contexts(Measures.Decode, engines[0], format).Select(context =>
                ((double)context, log.Best(Measures.Decode, engines, format, context)!.Value.Value))]);
        }
    }

    private static Curve[] Present(Curve[] curves) => [.. curves.Where(curve => curve.Points.Count > 0)];

    private static string Bytes(double value) => value switch
    {
        >= 1e9 => $"{value / 1e9:0.##} GB",
        >= 1e6 => $"{value / 1e6:0.##} MB",
        _ => $"{value / 1e3:0.##} kB",
    };
}
