using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using RetNet.Extensions.Core.Forecasting.Synthesis;
using RetNet.Extensions.Tool.Forecasting;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet forecast-data</c>: writes synthetic series, such as a forecaster is trained on.</summary>
internal sealed class ForecastDataCommand : ToolCommand
{
    private const int LeastLength = 8, MostLength = 100_000, MostSeries = 10_000_000;
    private const int LongestDefaultHorizon = 48;
    private const string LengthForm = "a length such as 200, or a range such as 50-500, from 8 to 100000";

    private readonly Argument<string> _file = new("OUT")
    {
        Description = "The file to write: a line per series with its id, family, season, horizon, history and future, tabs between "
            + "them, and commas between the values of the last two. A missing value is NaN.",
    };

    private readonly Option<int?> _series = OptionKinds.Integer("--series", "N", "Number of series. Default: 1000.", 1, MostSeries);

    private readonly Option<(int Least, int Most)?> _length = OptionKinds.Parsed<(int, int)?>(
        "--length", "L", "Values of a series, history and future together: a number or a range such as 50-500. Default: 50-500.",
        LengthForm, ParseLength);

    private readonly Option<int?> _seed = OptionKinds.Integer(
        "--seed", "S", "The same seed gives the same file. Default: 1.", int.MinValue);

    private readonly Option<int?> _horizon = OptionKinds.Integer(
        "--horizon", "H", "Values of the future, at most half of a series. Default: a fifth of each series, at most 48.", 1);

    public ForecastDataCommand()
        : base("forecast-data", "Writes synthetic time series of many kinds, such as a forecaster is trained on.")
    {
        Add(_file);
        foreach (Option option in (Option[])[_series, _length, _seed, _horizon])
            Add(option);
    }

    /// <summary>An interrupted run takes away what it has begun to write.</summary>
    public override bool HasWorkToSave => true;

    public override void Run(CommandContext context)
    {
        string path = context.Parse.GetValue(_file)!;
        (int least, int most) = context.Parse.GetValue(_length) ?? (50, 500);
        int? horizon = context.Parse.GetValue(_horizon);
        if (horizon > least / 2)
            throw new CommandException($"--horizon is {horizon}; expected at most {least / 2}, half of the shortest series.");
        Stopwatch time = Stopwatch.StartNew();
        int seed = context.Parse.GetValue(_seed) ?? 1;
        SyntheticSeries generator = new(seed);

        // Random takes a seed without its sign.
        Random lengths = new(seed & int.MaxValue);
        SortedDictionary<string, int> families = new(StringComparer.Ordinal);
        int count = context.Parse.GetValue(_series) ?? 1000;
        long values = 0, missing = 0;
        SeriesFile.Write(path, Enumerable.Range(0, count).Select(Generate));

        if (context.Json)
        {
            context.WriteJson(json =>
            {
                json.WriteString("file", path);
                json.WriteNumber("series", count);
                json.WriteNumber("values", values);
                json.WriteNumber("missing", missing);
                json.WriteStartObject("families");
                foreach ((string family, int number) in families)
                    json.WriteNumber(family, number);
                json.WriteEndObject();
                json.WriteNumber("seconds", Math.Round(time.Elapsed.TotalSeconds, 3));
            });
            return;
        }

        context.WriteFacts(
        [
            ("series", $"{count}"), ("values", $"{values}, {missing} of them missing"),
            .. families.Select(family => ($"  {family.Key}", $"{family.Value}")),
        ]);

        EvaluationSeries Generate(int index)
        {
            context.Cancellation.ThrowIfCancellationRequested();

            // Of each power of two the same number of series.
            int length = (int)Math.Round(least * Math.Pow((double)most / least, lengths.NextDouble()));
            GeneratedSeries series = generator.Generate(index, length);
            families[series.Family] = families.GetValueOrDefault(series.Family) + 1;
            values += length;
            missing += series.Values.Count(double.IsNaN);
            int future = horizon ?? Math.Min(LongestDefaultHorizon, length / 5);
            return new(
                $"{series.Family}-{index}", series.Family, series.Seasons.FirstOrDefault(
                    1), series.Values[..^future], series.Values[^future..]);
        }
    }

    private static (int Least, int Most)? ParseLength(string text)
    {
        string[] bounds = text.Split('-');
        return bounds.Length <= 2 && Length(bounds[0]) is { } least && Length(bounds[^1]) is { } most && least <= most
            ? (least, most)
            : null;
    }

    private static int? Length(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length is >= LeastLength and <= MostLength
            ? length
            : null;
}
