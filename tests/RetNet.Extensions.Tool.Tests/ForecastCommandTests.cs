using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;

namespace RetNet.Extensions.Tool.Tests;

public sealed class ForecastCommandTests(ForecastModelFixture model) : IClassFixture<ForecastModelFixture>, IDisposable
{
    private const string Months = "month,sales\n2023-01-01,10\n2023-02-01,12\n2023-03-01,\n2023-04-01,11\n2023-05-01,13\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-forecast-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Steps_have_times_a_median_and_quantiles()
    {
        JsonElement result = await Forecast(Months, "--horizon", "3");

        Assert.Equal(["column", "time_column", "horizon", "series"], result.EnumerateObject().Select(property => property.Name));
        Assert.Equal(("sales", "month"), (result.GetProperty("column").GetString(), result.GetProperty("time_column").GetString()));
        JsonElement series = Assert.Single(result.GetProperty("series").EnumerateArray());
        Assert.Equal((5, 1), (series.GetProperty("values").GetInt32(), series.GetProperty("missing").GetInt32()));
        Assert.Equal([12], Seasons(series));
        Assert.Equal(["2023-06-01", "2023-07-01", "2023-08-01"], Times(series));
        foreach (JsonElement step in series.GetProperty("forecast").EnumerateArray())
        {
            double[] quantiles = [.. step.GetProperty("quantiles").EnumerateObject().Select(level => level.Value.GetDouble())];
            Assert.Equal(
                ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"],
                step.GetProperty("quantiles").EnumerateObject().Select(level => level.Name));
            Assert.Equal(quantiles.Order(), quantiles);
            Assert.Equal(quantiles[4], step.GetProperty("median").GetDouble());
            Assert.Equal((quantiles[0], quantiles[8]), (step.GetProperty("lower80").GetDouble(), step.GetProperty("upper80").GetDouble()));
        }
    }

    [Fact]
    public async Task Without_JSON_it_is_a_table()
    {
        ToolRun run = await ToolRun.Run("forecast", Write(Months), "--horizon", "2", "--model", model.Folder);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("sales: 5 steps, 1 of them missing, season 12", lines[0]);
        Assert.Equal(["month", "10", "%", "median", "90", "%"], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["2023-06-01", "2023-07-01"], lines[2..].Select(line => line.Split(' ')[0]));
        Assert.All(lines[2..], line => Assert.Equal(4, line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length));
    }

    [Theory]
    [InlineData("sales\n10\n12\nNaN\n11\n13\n", "sales")]
    [InlineData("10\n12\nNA\n11\n13", "1")]
    [InlineData("\uFEFF\"s;ales\";where\r\n10;here\r\n12;\"a;\"\"b\"\"\"\r\n;\"two\nlines\"\r\n11,0;x\r\n\r\n1,3e1;x\r\n", "s;ales")]
    [InlineData("id\tsales\na\t10\nb\t12\nc\tn/a\nd\t11\ne\t13", "sales")]
    [InlineData("a|10\nb| 12 \nc|null\nd|11\ne|13", "2")]
    public async Task Files_may_have_a_header_or_none_and_other_separators(string text, string column)
    {
        JsonElement expected = await Forecast("sales\n10\n12\nNaN\n11\n13\n", "--horizon", "4");
        JsonElement result = await Forecast(text, "--horizon", "4");

        Assert.Equal(column, result.GetProperty("column").GetString());
        Assert.Equal(expected.GetProperty("series").GetRawText(), result.GetProperty("series").GetRawText());
    }

    [Theory]
    [InlineData("2024-01-31 2024-02-29 2024-04-30", "2024-05-31 2024-06-30", 4, new[] { 12 })]
    [InlineData("2025-11-28 2025-12-28 2026-01-28 2026-02-28", "2026-03-28 2026-04-28", 4, new[] { 12 })]
    [InlineData("2025-12-30 2026-01-30 2026-02-28", "2026-03-30 2026-04-30", 3, new[] { 12 })]
    [InlineData("2021-02-28 2022-02-28 2023-02-28", "2024-02-29 2025-02-28", 3, new int[0])]
    [InlineData("2024-01-15 2024-04-15 2024-07-15", "2024-10-15 2025-01-15", 3, new[] { 4 })]
    [InlineData("2023-Q1 2023-Q3 2023-Q4", "2024-Q1 2024-Q2", 4, new[] { 4 })]
    [InlineData("2023Q3 2023Q4 2024Q1", "2024Q2 2024Q3", 3, new[] { 4 })]
    [InlineData("2023-11 2023-12 2024-01", "2024-02 2024-03", 3, new[] { 12 })]
    [InlineData("2024-02-27 2024-02-28 2024-03-01", "2024-03-02 2024-03-03", 4, new[] { 7 })]
    [InlineData("2024/02/01 2024/02/08 2024/02/15", "2024/02/22 2024/02/29", 3, new[] { 52 })]
    [InlineData("2024-01-01T22:00 2024-01-01T23:00 2024-01-02T01:00", "2024-01-02T02:00 2024-01-02T03:00", 4, new[] { 24, 168 })]
    [InlineData("2024-01-01T22:00:00+01:00 2024-01-01T21:30:00Z", "2024-01-01T22:00:00Z 2024-01-01T22:30:00Z", 2, new[] { 48, 336 })]
    [InlineData(
        "2024-03-04 2024-03-05 2024-03-06 2024-03-07 2024-03-08 2024-03-11 2024-03-12 2024-03-13 2024-03-15 2024-03-18 2024-03-21",
        "2024-03-22 2024-03-25", 14, new[] { 5 })]
    public async Task The_step_is_that_of_the_times(string times, string ahead, int steps, int[] seasons)
    {
        string text = "t,v\n" + string.Concat(times.Split(' ').Index().Select(time => $"{time.Item},{time.Index}\n"));
        JsonElement series = Single(await Forecast(text, "--horizon", "2"));

        Assert.Equal(ahead.Split(' '), Times(series));
        Assert.Equal(steps, series.GetProperty("values").GetInt32());
        Assert.Equal(seasons, Seasons(series));
    }

    [Fact]
    public async Task Years_are_times_where_they_are_named()
    {
        string text = "year,v\n2021,3\n2022,4\n2023,6\n";
        JsonElement series = Single(await Forecast(text, "--horizon", "1", "--time-column", "year"));

        Assert.Equal(["2024"], Times(series));
        await AssertRefused(text, "2 columns hold numbers: year, v; expected --column NAME to choose one; "
            + "if 'year' holds their times, name it with --time-column.");

        ToolRun run = await ToolRun.Run("forecast", Write(text), "--horizon", "1", "--column", "v", "--model", model.Folder);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("retnet: warning: rows are taken in the order of the file; if 'year' holds their times, name it with --time-column.",
            run.Error.TrimEnd());
    }

    [Fact]
    public async Task A_table_has_as_many_digits_as_tell_the_bounds_apart()
    {
        ToolRun run = await ToolRun.Run(
            "forecast", Write("v\n" + string.Concat(Enumerable.Range(0, 20).Select(i => $"{1e12 + (1e3 * (i * 7 % 5))}\n"))), "--horizon",
            "3", "--model", model.Folder);

        string[] rows = [.. run.Output.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)[^3..]];
        Assert.All(rows, row => Assert.Equal(4, row.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct().Count()));
    }

    [Fact]
    public async Task Rows_are_sorted_by_time_and_that_is_told()
    {
        string sorted = Write("t,v\n2024-01-01,1\n2024-01-02,5\n2024-01-04,2\n");
        string unsorted = Write("t,v\n2024-01-04,2\n2024-01-01,1\n2024-01-02,5\n");
        string[] options = ["--horizon", "2", "--json", "--model", model.Folder];
        ToolRun expected = await ToolRun.Run(["forecast", sorted, .. options]);
        ToolRun run = await ToolRun.Run(["forecast", unsorted, .. options]);

        Assert.Equal((0, ""), (expected.ExitCode, expected.Error));
        Assert.Equal(expected.Output, run.Output);
        Assert.Equal("retnet: warning: rows are not in the order of t, and were sorted.\n", run.Error.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Groups_are_series_of_their_own()
    {
        const string text = "day,shop,v,note\n2024-01-01,A,1,x\n2024-01-01,B,7,y\n2024-01-02,A,3,\n2024-01-04,A,2,\n2024-01-09,B,5,\n";
        JsonElement both = await Forecast(text, "--horizon", "2", "--group-column", "shop");
        JsonElement one = await Forecast(text, "--horizon", "2", "--group-column", "shop", "--group", "B");

        JsonElement[] series = [.. both.GetProperty("series").EnumerateArray()];
        Assert.Equal(["A", "B"], series.Select(each => each.GetProperty("group").GetString()));
        Assert.Equal([4, 9], series.Select(each => each.GetProperty("values").GetInt32()));
        Assert.Equal(["2024-01-05", "2024-01-06"], Times(series[0]));
        Assert.Equal(["2024-01-10", "2024-01-11"], Times(series[1]));
        Assert.Equal(series[1].GetRawText(), Single(one).GetRawText());
    }

    [Fact]
    public async Task Seasons_come_from_the_values_where_there_are_no_times()
    {
        string waves = string.Join('\n', Enumerable.Range(0, 120).Select(t =>
            Math.Sin(t * Math.PI / 6).ToString(CultureInfo.InvariantCulture)));

        await AssertSeasons([12], waves);
        await AssertSeasons([], waves, "--season", "none");
        await AssertSeasons([7, 30], waves, "--season", "7,30");
        await AssertSeasons([5], Months, "--season", "5");

        async Task AssertSeasons(int[] expected, string text, params string[] options) =>
            Assert.Equal(expected, Seasons(Single(await Forecast(text, ["--horizon", "1", .. options]))));
    }

    [Theory]
    [InlineData(Months)]
    [InlineData("1\n2\n\n3\nNaN\n5\n4\n")]
    [InlineData("4\n4\n4\n")]
    public async Task A_picture_is_valid_SVG_and_replaces_what_was_there(string text)
    {
        string picture = Path.Combine(_folder, "out.svg");
        File.WriteAllText(picture, "old");
        await Forecast(text, "--horizon", "5", "--plot", picture);

        XDocument svg = XDocument.Load(picture);
        Assert.Equal(XName.Get("svg", "http://www.w3.org/2000/svg"), svg.Root!.Name);
        Assert.Equal(
            ["40 %", "80 %", "history", "median"],
            svg.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value)
                .Where(label => label.Length > 1 && char.IsLetter(label[0]) && label is not ("step" or "sales") || label.EndsWith('%'))
                .Order(StringComparer.Ordinal));
        Assert.DoesNotContain("NaN", svg.ToString().Replace("sales", "", StringComparison.Ordinal));
        Assert.Equal([picture], Directory.EnumerateFiles(_folder, "out*"));
    }

    [Fact]
    public async Task Options_of_states_are_warned_of_or_refused_with_a_named_model()
    {
        string[] command = ["forecast", Write(Months), "--horizon", "2", "--model", model.Folder];
        ToolRun policy = await ToolRun.Run([.. command, "--policy", "tova"]);
        ToolRun format = await ToolRun.Run([.. command, "--state-format", "int8"]);

        Assert.Equal((0, "retnet: warning: a RetNet's state has a fixed size; --policy has no effect."),
            (policy.ExitCode, policy.Error.TrimEnd()));
        Assert.Equal((1, ""), (format.ExitCode, format.Output));
        Assert.Contains("Int8", format.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_of_states_are_warned_of_or_refused_with_the_model_of_the_tool()
    {
        if (!typeof(ToolConsole).Assembly.GetManifestResourceNames().Contains("retnet-forecast/model.safetensors"))
            return;
        string[] command = ["forecast", Write(Months), "--horizon", "2", "--json"];
        ToolRun full = await ToolRun.Run(command);
        ToolRun policy = await ToolRun.Run([.. command, "--policy", "tova"]);
        ToolRun half = await ToolRun.Run([.. command, "--state-format", "bf16"]);
        ToolRun format = await ToolRun.Run([.. command, "--state-format", "int8"]);

        Assert.Equal((full.Output, "retnet: warning: a RetNet's state has a fixed size; --policy has no effect."),
            (policy.Output, policy.Error.TrimEnd()));
        Assert.Equal((0, ""), (half.ExitCode, half.Error));
        Assert.Equal((1, ""), (format.ExitCode, format.Output));
        Assert.Contains("Int8", format.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_model_of_the_tool_is_used_where_none_is_named()
    {
        ToolRun run = await ToolRun.Run("forecast", Write(Months), "--horizon", "2", "--json");

        // A build without weights says so.
        if (typeof(ToolConsole).Assembly.GetManifestResourceNames().Contains("retnet-forecast/model.safetensors"))
        {
            Assert.Equal((0, 2), (run.ExitCode, Times(Single(run.Json)).Length));
        }
        else
        {
            Assert.Equal("retnet: --model is missing, and this build of the tool carries no model; expected a folder.",
                run.Error.TrimEnd());
        }
    }

    [Theory]
    [InlineData("", "text.txt is empty; expected rows of values")]
    [InlineData("\n\n", "text.txt is empty")]
    [InlineData("a,b\n", "has a line of column names and nothing else")]
    [InlineData("name\nAnna\nBert\n", "line 2: name is 'Anna'; expected a number, or nothing, NaN or NA where it is missing")]
    [InlineData("v\n1\n\u001b[31mred\n", "line 3: v is '\uFFFD[31mred'; expected a number")]
    [InlineData("v\n1\n2\nthree\n", "line 4: v is 'three'; expected a number")]
    [InlineData("2024-01-01,three\n2024-01-02,2\n", "line 1: 2 is 'three'; expected a number")]
    [InlineData("v\n1\n1.234,5\n", "line 3: v is '1.234,5'; expected a number")]
    [InlineData("v\n1\n1,234\n", "line 3: v is '1,234'; expected a number")]
    [InlineData("v\n1,5\n2,5\n", "line 2: v is '1,5'; expected a number")]
    [InlineData("a,b,c\n1,2,3\n1,2\n", "line 3: 2 cells; expected 3")]
    [InlineData("v\n1\nInfinity\n", "line 3: v is 'Infinity'; expected a finite number")]
    [InlineData("v\n1\n1e999\n", "line 3: v is '1e999'; expected a finite number")]
    [InlineData("v\n1\n1e200\n", "line 3: v is '1e200'; expected a finite number from -1E+100 to 1E+100")]
    [InlineData("v,w\nNaN,x\nNA,y\n,z\n", "No column holds numbers only; expected --column NAME, one of v, w")]
    [InlineData("v\nNaN\nNaN\n", "v has 2 steps, and all are missing; expected a value")]
    [InlineData("a,b\n1,2\n3,4\n", "2 columns hold numbers: a, b; expected --column NAME to choose one")]
    [InlineData("a,b\nx,y\n3,z\n", "No column holds numbers only; expected --column NAME, one of a, b")]
    [InlineData(
        "t,v\n2024-01-01,1\n2024-01-02,2\n2024-01-01,3\n", "line 4: t is '2024-01-01', as in a row before; expected different times")]
    [InlineData("t,v\n2024-01-01,1\n", "Each series has one row; expected at least two in one of them")]
    [InlineData("t,v\n2024-01-01T00:00,1\n2024-01-01T02:00,1\n2024-01-01T05:00,2\n",
        "t is '2024-01-01T05:00', which is no step: steps are 02:00:00 apart, counted from '2024-01-01T00:00'; expected regular steps")]
    [InlineData("t,v\n2024-01-01T00:00:00,1\n2024-01-01T00:00:01,1\n2024-01-02T00:00:00,2\n",
        "The rows are 00:00:01 apart, but only 3 of 86401 such steps have one; expected at least one in 20")]
    public async Task What_is_no_series_is_refused_in_one_line(string text, string message)
    {
        await AssertRefused(text, message);
    }

    [Theory]
    [InlineData("--column x", "--column is 'x', which ", "its columns are month, sales")]
    [InlineData("--column month", "line 2: month is '2023-01-01'; expected a number")]
    [InlineData("--time-column sales", "line 2: sales is '10'; expected a time such as 2024-01-31")]
    [InlineData("--time-column month --column month", "One column has two roles: 'month', 'month', none")]
    [InlineData("--group-column month --group x", "--group is 'x'; the groups are 2023-01-01, 2023-02-01")]
    [InlineData("--group x", "--group needs --group-column")]
    [InlineData("--group-column month --plot x.svg", "--plot draws one series; there are 5")]
    [InlineData("--plot x.png", "--plot is 'x.png'; expected a name that ends in .svg")]
    [InlineData("--plot /no/such/folder/x.svg", "The folder of '/no/such/folder/x.svg' does not exist")]
    [InlineData("--season 1", "--season is '1'; expected none, or one or two different numbers from 2 to 2048")]
    [InlineData("--season 12,12", "--season is '12,12'")]
    [InlineData("--season 2,3,4", "--season is '2,3,4'")]
    [InlineData("--season 2049", "--season is '2049'")]
    public async Task Options_that_do_not_fit_are_refused(string options, params string[] messages)
    {
        ToolRun run = await ToolRun.Run(["forecast", Write(Months), "--horizon", "2", "--model", model.Folder, .. options.Split(' ')]);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.All(messages, message => Assert.Contains(message, run.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_model_that_is_none_is_refused()
    {
        ToolRun run = await ToolRun.Run("forecast", Write(Months), "--horizon", "2", "--model", "/no/such/model");
        ToolRun other = await ToolRun.Run("forecast", Write(Months), "--horizon", "2", "--model", TestFiles.RetNet);

        Assert.Equal((1, 1), (run.ExitCode, other.ExitCode));
        Assert.StartsWith("retnet: /no/such/model", run.Error, StringComparison.Ordinal);
        Assert.Contains("'forecasting'", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forecast_ends_with_the_calendar()
    {
        await AssertRefused("t,v\n9999-10,1\n9999-11,2\n", "Step 3 after 9999-11 is beyond the year 9999");
    }

    [Fact]
    public async Task Huge_cells_and_bytes_that_are_no_text_are_refused()
    {
        await AssertRefused("a,v\n" + new string('x', 5_000_000) + ",1\ny\n", "line 3: 1 cells; expected 2");
        await AssertRefused("v\n" + new string('9', 5_000_000) + "x\n", "line 2: v is '9999");
        await AssertRefused("a,v\nx,1\n\"" + new string('x', 20_000_000), "behind line 2:");
        string path = Write("");
        File.WriteAllBytes(path, [0x76, 0x0A, 0xFF, 0xFE, 0x0A]);
        ToolRun run = await ToolRun.Run("forecast", path, "--horizon", "1", "--model", model.Folder);
        Assert.Contains("is not UTF-8 text", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_rows_are_a_series()
    {
        string text = "i,v\n" + string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i},{i % 7}\n"));
        JsonElement series = Single(await Forecast(text, "--horizon", "7", "--column", "v"));

        Assert.Equal(200_000, series.GetProperty("values").GetInt32());
        Assert.Equal([7], Seasons(series));
    }

    private static JsonElement Single(JsonElement result) => Assert.Single(result.GetProperty("series").EnumerateArray());

    private static string[] Times(JsonElement series) =>
        [.. series.GetProperty("forecast").EnumerateArray().Select(step => step.GetProperty("time").GetString()!)];

    private static int[] Seasons(JsonElement series) =>
        [.. series.GetProperty("seasons").EnumerateArray().Select(season => season.GetInt32())];

    private Task<JsonElement> Forecast(string text, params string[] options) =>
        ToolRun.RunForJson(["forecast", Write(text), "--model", model.Folder, .. options]);

    private async Task AssertRefused(string text, string message)
    {
        ToolRun run = await ToolRun.Run("forecast", Write(text), "--horizon", "3", "--model", model.Folder);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.InRange(run.Error.Length, 1, 600);
        Assert.Single(run.Error.TrimEnd().Split('\n'), line => line.StartsWith("retnet: ", StringComparison.Ordinal));
    }

    private string Write(string text)
    {
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, Path.GetRandomFileName())).FullName, "text.txt");
        File.WriteAllText(path, text);
        return path;
    }
}
