using System.Globalization;
using RetNet.Extensions.Benchmarks.Report;
using RetNet.Extensions.Tool;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>Figure 5 of the RetNet paper: the validation losses of trainings over their steps.</summary>
internal static class LossCurves
{
    /// <summary>Reads <c>loss.csv</c> of trained folders and writes a table, and their curves.</summary>
    public static List<Curve> Read(IEnumerable<string> folders)
    {
        List<Curve> curves = [.. folders.Select((folder, i) => new Curve(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)),
            LinePlot.Color(i), [.. Points(Path.Combine(folder, "loss.csv"))]))];
        double[] steps = [.. curves.SelectMany(curve => curve.Points).Select(point => point.X).Distinct().Order()];
        ResultTable table = new(["step", .. curves.Select(curve => curve.Name)]);
        foreach (double step in steps)
        {
            table.Add([$"{step}", .. curves.Select(curve => curve.Points.Where(point => point.X == step)
                .Select(point => ResultTable.Number(point.Y, 3)).FirstOrDefault(""))]);
        }

        return curves;
    }

    // The columns are step, loss, validation_loss, …; most steps have no validation loss.
    private static IEnumerable<(double X, double Y)> Points(string path) =>
        TextFile.Read(path).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(','))
            .Where(cells => cells[2].Length > 0)
            .Select(cells => (double.Parse(cells[0], CultureInfo.InvariantCulture), double.Parse(cells[2], CultureInfo.InvariantCulture)));
}
