using System.Globalization;
using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Tool.Forecasting;

/// <summary>Reads and writes files of series to measure forecasts with: a line per series with its id, period, length of a season, horizon,
/// history and future, tabs between them, and commas between the values of the last two. An empty value or NaN is missing.</summary>
internal static class SeriesFile
{
    private static readonly string[] Columns = ["id", "period", "season", "horizon", "history", "future"];

    /// <summary>Reads all series of a file, at least one.</summary>
    /// <exception cref="CommandException">The file, a line of it or a value is not as it should be.</exception>
    public static EvaluationSeries[] Read(string path)
    {
        EvaluationSeries[] series = [.. TextFile.ReadLines(path).Index().Where(line => !string.IsNullOrWhiteSpace(line.Item))
            .Select(line => ReadLine(line.Item.Split('\t'), $"{path}, line {line.Index + 1}"))];
        return series.Length > 0 ? series : throw new CommandException($"{path} has no series.");
    }

    /// <summary>Writes series, NaN for missing values. The file is there when all are written, or stays as it was.</summary>
    /// <exception cref="CommandException">The place is not one for a file.</exception>
    public static void Write(string path, IEnumerable<EvaluationSeries> series)
    {
        TextFile.RequirePlace(path);
        AtomicFile.Write(path, stream =>
        {
            using StreamWriter writer = new(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
            foreach (EvaluationSeries one in series)
            {
                writer.WriteLine(string.Join(
                    '\t', one.Id, one.Period, Text(one.SeasonLength), Text(one.Future.Length), Text(one.History), Text(one.Future)));
            }
        });
    }

    private static string Text(params double[] values) =>
        string.Join(',', values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));

    private static EvaluationSeries ReadLine(string[] columns, string place)
    {
        if (columns.Length != Columns.Length)
        {
            throw new CommandException(
                $"{place}: {columns.Length} columns; expected {Columns.Length}, with tabs between them: {string.Join(", ", Columns)}.");
        }

        int season = Count(columns, 2, place), horizon = Count(columns, 3, place);
        double[] history = Values(columns, 4, place), future = Values(columns, 5, place);
        if (history.All(double.IsNaN))
            throw new CommandException($"{place}: all of the history is missing; expected at least one value.");
        if (future.Length != horizon)
            throw new CommandException($"{place}: future has {future.Length} values; expected {horizon}, the horizon.");
        return new(columns[0], columns[1], season, history, future);
    }

    private static int Count(string[] columns, int column, string place) =>
        int.TryParse(columns[column], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0
            ? count
            : throw new CommandException($"{place}: {Columns[column]} is '{columns[column]}'; expected a whole number from 1 on.");

    private static double[] Values(string[] columns, int column, string place) =>
        [.. columns[column].Split(',').Index().Select(text => Value(text.Item, $"{place}: value {text.Index + 1} of {Columns[column]}"))];

    private static double Value(string text, string place)
    {
        if (string.IsNullOrWhiteSpace(text))
            return double.NaN;
        const double largest = Forecaster.LargestValue;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && !(Math.Abs(value) > largest)
            ? value
            : throw new CommandException(
                $"{place} is '{text}'; expected a finite number from {-largest} to {largest}, or NaN or nothing where it is missing.");
    }
}
