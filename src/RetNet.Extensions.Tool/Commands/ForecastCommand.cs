using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Tool.Forecasting;
using RetNet.Extensions.Tool.Forecasting.Tables;
using Spectre.Console;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet forecast</c>: forecasts the series of a CSV file.</summary>
internal sealed class ForecastCommand : ToolCommand
{
    private const string WithoutSeason = "none";
    private const double Lowest = 0.1, Highest = 0.9;

    // Significant digits of the table and of the width of an interval in it, and the numbers that are written without an exponent.
    private const int Digits = 6, MostDigits = 15, DigitsOfWidth = 2;
    private const double Smallest = 1e-6, Largest = 1e12;

    private readonly Argument<string> _file = new("FILE")
    {
        Description = "A CSV file: a row per step, with commas, semicolons, tabs or bars between its cells.",
    };
    private readonly Option<int?> _horizon = Required(OptionKinds.Integer(
        "--horizon", "H", "The number of steps to forecast.", 1, Forecaster.MaximumHorizon));
    private readonly Option<string?> _column = NameOf("--column", "The column of values. Default: the only one that holds numbers.");
    private readonly Option<string?> _timeColumn = NameOf(
        "--time-column", "The column of times, in ISO 8601 or as 31.01.2024, or none. Default: the only one that holds times, if there is "
            + "one.");
    private readonly Option<string?> _groupColumn = NameOf("--group-column", "The column that tells series apart. Default: one series.");
    private readonly Option<string?> _group = NameOf("--group", "Forecast only this series of --group-column.");
    private readonly Option<int[]?> _season = OptionKinds.Parsed<int[]?>(
        "--season", "M[,M2]", "Lengths of the seasons in steps, or none. Default: the usual ones of the time of a step, such as 12 for a "
            + "month, if there are two of them and the values do not show that there are none; otherwise those that the values show.",
        $"none, or one or two different numbers from 2 to {SeriesOptions.LongestSeason} with a comma between them", ParseSeasons);
    private readonly Option<string?> _plot = new("--plot")
    {
        HelpName = "OUT.svg",
        Description = "Draw the history, the median and intervals of 80 % and 40 % of one series.",
    };
    private readonly ForecastModel _model = new();

    public ForecastCommand()
        : base("forecast", "Forecasts time series that are in a CSV file.")
    {
        Add(_file);
        foreach (Option option in (Option[])[_horizon, _column, _timeColumn, _groupColumn, _group, _season, _plot])
            Add(option);
        _model.AddTo(this);
    }

    public override void Run(CommandContext context)
    {
        ParseResult parse = context.Parse;
        string? plot = parse.GetValue(_plot);
        CheckPlot(plot);
        SeriesTable table = Table(parse);
        TableSeries[] series = table.Read(context.Console.Warn);
        if (plot is not null && series.Length > 1)
            throw new CommandException($"--plot draws one series; there are {series.Length}. Choose one with --group NAME.");
        series = WithValues(table, series, context.Console.Warn);
        int horizon = parse.GetValue(_horizon)!.Value;
        _ = series.Select(one => one.TextAt(horizon)).ToArray();

        // An option of a list that is not given is an empty one.
        int[]? seasons = parse.GetResult(_season) is null ? null : parse.GetValue(_season);
        SeriesInput[] inputs = Array.ConvertAll(series, one =>
            new SeriesInput(one.Values, _model.OptionsOf(context, seasons ?? one.Step.SeasonsOf(one.Values))));
        using Forecaster forecaster = _model.Load(context);
        IReadOnlyList<SeriesForecast> forecasts = forecaster.ForecastAll(inputs, horizon, context.Cancellation);
        if (plot is not null)
            ForecastPlot.Write(plot, Title(table, series[0]), series[0], forecasts[0]);
        if (context.Json)
            context.WriteJson(json => WriteTo(json, table, series, inputs, forecasts));
        else
            Write(context, table, series, inputs, forecasts);
    }

    private static void CheckPlot(string? path)
    {
        if (path is null)
            return;
        if (!path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase))
            throw new CommandException($"--plot is '{path}'; expected a name that ends in .svg.");
        TextFile.RequirePlace(path);
    }

    private SeriesTable Table(ParseResult parse)
    {
        string?[] columns = [parse.GetValue(_column), parse.GetValue(_timeColumn), parse.GetValue(_groupColumn)];
        string? group = parse.GetValue(_group);
        if (group is not null && columns[2] is null)
            throw new CommandException("--group needs --group-column, the column that tells series apart.");
        return new SeriesTable(
            CsvTable.Read(parse.GetValue(_file)!, columns.OfType<string>()), columns[0], columns[1], columns[2], group);
    }

    /// <summary>The series that have a value; the others are warned of.</summary>
    /// <exception cref="CommandException">None has one.</exception>
    private static TableSeries[] WithValues(SeriesTable table, TableSeries[] series, Action<string> warn)
    {
        TableSeries[] empty = Array.FindAll(series, one => one.Values.All(double.IsNaN));
        string[] faults = Array.ConvertAll(empty, one => $"{Title(table, one)} has {one.Values.Length} steps, and all are missing");
        if (empty.Length == series.Length)
            throw new CommandException($"{faults[0]}; expected a value.");
        Array.ForEach(faults, fault => warn($"{fault}; it is left out."));
        return [.. series.Except(empty)];
    }

    private static void WriteTo(
        Utf8JsonWriter json, SeriesTable table, TableSeries[] series, SeriesInput[] inputs, IReadOnlyList<SeriesForecast> forecasts)
    {
        json.WriteString("column", table.Column);
        if (table.TimeColumn is { } time)
            json.WriteString("time_column", time);
        json.WriteNumber("horizon", forecasts[0].Horizon);
        json.WriteStartArray("series");
        foreach ((int index, TableSeries one) in series.Index())
        {
            json.WriteStartObject();
            if (one.Group is not null)
                json.WriteString("group", one.Group);
            json.WriteNumber("values", one.Values.Length);
            json.WriteNumber("missing", one.Values.Count(double.IsNaN));
            json.WriteIntegers("seasons", inputs[index].Options!.SeasonLengths);
            json.WriteStartArray("forecast");
            for (int step = 0; step < forecasts[index].Horizon; step++)
                WriteStep(json, one, forecasts[index], step);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteStep(Utf8JsonWriter json, TableSeries series, SeriesForecast forecast, int step)
    {
        json.WriteStartObject();
        json.WriteNumber("step", step + 1);
        if (series.TextAt(step + 1) is { } time)
            json.WriteString("time", time);
        json.WriteNumber("median", forecast.Median[step]);
        json.WriteNumber("lower80", forecast.Quantile(step, Lowest));
        json.WriteNumber("upper80", forecast.Quantile(step, Highest));
        json.WriteStartObject("quantiles");
        for (int level = 0; level < forecast.Levels.Count; level++)
        {
            json.WriteNumber(
                forecast.Levels[level].ToString(CultureInfo.InvariantCulture), forecast.Values[(step * forecast.Levels.Count) + level]);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(
        CommandContext context, SeriesTable table, TableSeries[] series, SeriesInput[] inputs, IReadOnlyList<SeriesForecast> forecasts)
    {
        foreach ((int index, TableSeries one) in series.Index())
        {
            SeriesForecast forecast = forecasts[index];
            string seasons = inputs[index].Options!.SeasonLengths is { Count: > 0 } lengths
                ? $"season {string.Join(" and ", lengths)}"
                : "no season";
            int missing = one.Values.Count(double.IsNaN);
            context.Console.Text.WriteLine(
                $"{Title(table, one)}: {one.Values.Length:N0} steps{(missing > 0 ? $", {missing:N0} of them missing" : "")}, {seasons}");
            string format = Format(forecast);
            Table rows = new Table().NoBorder()
                .AddColumn(table.TimeColumn is null ? "step" : Markup.Escape(CsvTable.Shown(table.TimeColumn)));
            foreach (string name in (string[])["10 %", "median", "90 %"])
                rows.AddColumn(name, column => column.RightAligned());
            for (int step = 0; step < forecast.Horizon; step++)
            {
                double[] values = [forecast.Quantile(step, Lowest), forecast.Median[step], forecast.Quantile(step, Highest)];
                rows.AddRow([Markup.Escape(one.TextAt(step + 1) ?? $"{step + 1}"),
                    .. values.Select(value => value.ToString(format))]);
            }

            context.Console.FormattedText().Write(rows);
        }
    }

    /// <summary>The form of the numbers of a table: with as many decimals as the largest needs, and as tell the bounds of a step apart; or
    /// with an exponent where it is tiny or huge.</summary>
    private static string Format(SeriesForecast forecast)
    {
        double largest = 0;
        foreach (double value in forecast.Values)
            largest = Math.Max(largest, Math.Abs(value));
        if (largest == 0)
            return "F0";
        double narrowest = Enumerable.Range(0, forecast.Horizon)
            .Select(step => forecast.Quantile(step, Highest) - forecast.Quantile(step, Lowest))
            .Where(width => width > Math.Pow(10, -MostDigits) * largest).DefaultIfEmpty(largest).Min();
        int place = (int)Math.Floor(Math.Log10(largest));
        int digits = Math.Clamp(place - (int)Math.Floor(Math.Log10(narrowest)) + DigitsOfWidth, Digits, MostDigits);
        return largest is < Smallest or >= Largest ? $"0.{new string('0', digits - 1)}e+00" : $"F{Math.Max(0, digits - 1 - place)}";
    }

    private static string Title(SeriesTable table, TableSeries series) =>
        series.Group is { } group ? $"{CsvTable.Shown(table.Column)} of {CsvTable.Shown(group)}" : CsvTable.Shown(table.Column);

    private static int[]? ParseSeasons(string text)
    {
        if (text == WithoutSeason)
            return [];
        int[] lengths = [.. text.Split(',').Select(part =>
            int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int length) ? length : 0)];
        return lengths.Length <= SeriesOptions.MostSeasons && lengths.Distinct().Count() == lengths.Length
            && lengths.All(length => length is >= 2 and <= SeriesOptions.LongestSeason)
            ? lengths
            : null;
    }

    private static Option<int?> Required(Option<int?> option)
    {
        option.Required = true;
        return option;
    }

    private static Option<string?> NameOf(string name, string description) => new(name) { HelpName = "NAME", Description = description };
}
