using System.Globalization;
using System.Text.Json;

namespace RetNet.Extensions.Tool.Tests.Forecasting;

/// <summary>What <c>retnet forecast</c> takes a table for.</summary>
public sealed class ForecastTableTests(ForecastModelFixture model) : IClassFixture<ForecastModelFixture>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-forecast-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("yyyy-MM-dd HH:mm", 1, 600, 60, new[] { 60 })]
    [InlineData("yyyy-MM-dd HH:mm", 1, 2880, 60, new[] { 1440 })]
    [InlineData("yyyy-MM-dd", 7 * 1440, 40, 4, new[] { 4 })]
    [InlineData("yyyy-MM-dd", 7 * 1440, 104, 4, new[] { 52 })]
    [InlineData("yyyy-MM-dd", 7 * 1440, 20, 100, new[] { 52 })]
    public async Task A_usual_season_is_one_that_the_series_holds_twice_unless_it_shows_none(
        string form, int minutes, int count, int season, int[] seasons)
    {
        Random random = new(5);
        string text = "t,v\n" + string.Concat(Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture,
            $"{Time(i)},{(100 * Math.Sin(2 * Math.PI * i / season)) + random.NextDouble():F3}\n")));

        Assert.Equal(seasons, Seasons(await Forecast(text)));

        string Time(int step) => new DateTime(2024, 1, 1).AddMinutes(minutes * step).ToString(form, CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("day,v\n2024-02-02,3\n2024-02-01,2\n2024-02-30,1\n2024-01-31,0\n",
        "line 4: day is '2024-02-30', where most rows have times")]
    [InlineData("day,v\n2024-02-02,3\n,2\n2024-01-31,0\n", "line 3: day is '', where most rows have times")]
    [InlineData("from,to,v\n2024-02-02,2024-02-03,3\n2024-02-01,2024-02-02,2\n",
        "2 columns hold times: from, to; expected --time-column NAME to choose one")]
    public async Task Times_are_not_dropped_because_of_one(string text, string message) => await AssertRefused(text, message);

    [Theory]
    [InlineData("29.12.2024;1,5\n30.12.2024;2\n31.12.2024;3\n", "01.01.2025")]
    [InlineData("w,v\n2024-W50,1\n2024-W51,2\n2024-W52,3\n", "2025-W01")]
    [InlineData("w,v\n2020W52,1\n2020W53,2\n2021W01,3\n", "2021W02")]
    [InlineData("t,v\n1.2.2024 09:00,1\n1.2.2024 10:00,2\n", "1.2.2024 11:00")]
    public async Task Days_with_dots_and_weeks_are_times(string text, string next) =>
        Assert.Equal(next, Time(await Forecast(text)));

    [Theory]
    [InlineData("day,v\n31/12/2024,3\n30/12/2024,2\n29/12/2024,1\n", "line 2: day is '31/12/2024'")]
    [InlineData("month,v\nJan 2024,3\nFeb 2024,2\nMar 2024,1\n", "line 2: month is 'Jan 2024'")]
    public async Task Dates_that_are_not_read_are_warned_of(string text, string message)
    {
        ToolRun run = await ToolRun.Run("forecast", Write(text), "--horizon", "1", "--model", model.Folder);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"{message}, a date in a form that is not read", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_with_some_times_may_be_none()
    {
        const string text = "value,delivered\n5,2024-01-03\n6,\n7,2024-01-09\n";

        await AssertRefused(text, "or --time-column none to take the rows in their order");
        JsonElement series = await Forecast(text, "--time-column", "none", "--column", "value");

        Assert.Equal(3, series.GetProperty("values").GetInt32());
        Assert.False(series.GetProperty("forecast")[0].TryGetProperty("time", out _));
    }

    [Fact]
    public async Task Days_of_universal_time_stay_in_it() => Assert.Equal("2024-01-04T00:00:00Z", Time(await Forecast(
        "t,v\n2024-01-01T00:00:00Z,1\n2024-01-02T00:00:00Z,2\n2024-01-03T00:00:00Z,3\n")));

    [Fact]
    public async Task A_shop_is_no_date()
    {
        ToolRun run = await ToolRun.Run("forecast", Write("shop,v\nMain St,1\n3rd St,2\n"), "--horizon", "1", "--model",
            model.Folder);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData("day,2024\n2024-01-01,5\n2024-01-02,7\n", "2024", 2)]
    [InlineData("2024-01-01,5\n2024-01-02,7\n2024-01-03,7\n", "2", 3)]
    [InlineData("5,x\n6,y\n7,z\n", "1", 3)]
    [InlineData("2023,2024\n6,1\n7,2\n", "2024", 2)]
    [InlineData("9,2\n6,1\n7,2\n", "2", 3)]
    public async Task A_column_may_be_called_by_a_number(string text, string column, int values)
    {
        JsonElement series = await Forecast(text, "--column", column);

        Assert.Equal(values, series.GetProperty("values").GetInt32());
    }

    [Theory]
    [InlineData("d;v\nx;950,5\ny;1.147\n", "line 3: v is '1.147', with a decimal point, but line 2 has a decimal comma")]
    [InlineData("d;v\nx;1.147\ny;7\nz;950,5\n", "line 2: v is '1.147', with a decimal point, but line 4 has a decimal comma")]
    public async Task A_column_has_one_decimal_mark(string text, string message) =>
        await AssertRefused(text, message, "--column", "v");

    [Fact]
    public async Task Columns_may_have_different_decimal_marks()
    {
        JsonElement series = await Forecast("a;v\n1,5;2.5\n2;2.5\n", "--column", "v");

        Assert.Equal(2.5, series.GetProperty("forecast")[0].GetProperty("median").GetDouble());
    }

    [Theory]
    [InlineData("v\n\n1\n\n\n2\n\n", 4, 2)]
    [InlineData("\n1\n\n2\n", 3, 1)]
    [InlineData("a,v\n\nx,1\n\ny,2\n", 2, 0)]
    public async Task An_empty_line_between_the_values_of_one_column_is_a_missing_one(string text, int values, int missing)
    {
        JsonElement series = await Forecast(text);

        Assert.Equal((values, missing), (series.GetProperty("values").GetInt32(), series.GetProperty("missing").GetInt32()));
    }

    [Theory]
    [InlineData("day,id,sold\n2024-01-01,1000,3\n2024-01-02,1001,-\n2024-01-03,1002,4\n",
        "line 3: sold is '-'; expected a number, or nothing, NaN or NA where it is missing, or --column NAME to choose another column of "
            + "id, sold.")]
    [InlineData("id,sold\n1,3\n2,\n3,4\n4,n/a\n5,1\n", "2 columns hold numbers: id, sold")]
    public async Task A_column_that_nearly_holds_numbers_is_not_passed_over(string text, string message) =>
        await AssertRefused(text, message);

    [Fact]
    public async Task Days_across_daylight_saving_are_days()
    {
        string text = "t,v\n" + string.Concat(Enumerable.Range(0, 20).Select(i => new DateTime(2024, 3, 22).AddDays(i)).Select(day =>
            $"{day:yyyy-MM-dd}T00:00:00+0{(day >= new DateTime(2024, 4, 1) ? 2 : 1)}:00,{day.Day}\n"));
        JsonElement series = await Forecast(text);

        Assert.Equal(20, series.GetProperty("values").GetInt32());
        Assert.Equal([7], Seasons(series));
        Assert.Equal("2024-04-11T00:00:00+02:00", Time(series));
    }

    [Fact]
    public async Task The_row_that_does_not_fit_is_named()
    {
        await AssertRefused("d,v\n2024-01-01,0\n2024-01-08,1\n2024-01-16,2\n2024-01-22,3\n2024-01-29,4\n",
            "line 4: d is '2024-01-16', which is no step: steps are 7 days apart, counted from '2024-01-01'; expected regular steps, "
                + "of which some may be missing; or --time-column none to take the rows in their order.");
        await AssertRefused("d,v\n2024-01-02,0\n2024-01-08,1\n2024-01-15,2\n2024-01-22,3\n",
            "line 2: d is '2024-01-02', which is no step: steps are 7 days apart, counted from '2024-01-08'");
        await AssertRefused("d,v\n2024-01-31,0\n2024-02-28,1\n2024-02-29,2\n2024-03-29,3\n2024-04-30,3\n2024-05-31,3\n2024-06-30,3\n"
            + "2024-07-31,3\n2024-08-30,3\n2024-09-30,3\n2024-10-31,3\n2024-11-29,3\n",
            "line 4: d is '2024-02-29', which is in the same step of a month as the row before");
    }

    [Fact]
    public async Task The_last_working_days_of_months_are_steps_of_a_month()
    {
        const string days = "2024-01-31 2024-02-29 2024-03-28 2024-04-30 2024-05-31 2024-06-28 2024-07-31 2024-08-30 2024-09-30 2024-10-31 "
            + "2024-11-29 2024-12-31 2025-01-31 2025-02-28";
        JsonElement series = await Forecast("d,v\n" + string.Concat(days.Split(' ').Index().Select(day => $"{day.Item},{day.Index}\n")));

        Assert.Equal((14, "2025-03-31"), (series.GetProperty("values").GetInt32(), Time(series)));
        Assert.Equal([12], Seasons(series));
    }

    [Fact]
    public async Task Faults_of_other_groups_do_not_matter()
    {
        const string text = "g,d,v\na,2024-01-01,1\na,2024-01-02,2\nb,2024-01-01,1\nb,2024-01-01,2\nb,soon,?\nc,2024-01-01,\n";

        Assert.Equal(2, (await Forecast(text, "--group-column", "g", "--group", "a")).GetProperty("values").GetInt32());
        await AssertRefused(text, "line 6: d is 'soon'", "--group-column", "g");
        await AssertRefused(text, "--group is 'z'; the groups are a, b, c", "--group-column", "g", "--group", "z");
    }

    [Fact]
    public async Task A_group_without_values_is_left_out_with_a_warning()
    {
        ToolRun run = await ToolRun.Run("forecast", Write("g,v\na,1\na,2\nb,\nb,NA\n"), "--horizon", "1", "--json", "--model", model.Folder,
            "--group-column", "g");

        Assert.Equal((0, "retnet: warning: v of b has 2 steps, and all are missing; it is left out."), (run.ExitCode, run.Error.TrimEnd()));
        Assert.Equal("a", Assert.Single(run.Json.GetProperty("series").EnumerateArray()).GetProperty("group").GetString());
    }

    [Theory]
    [InlineData("v\n2e-14\n2e-14\n", "2.00000e-14")]
    [InlineData("v\n-3e40\n-3e40\n", "-3.00000e+40")]
    [InlineData("v\n0\n0\n", "0")]
    [InlineData("v\n123456789\n123456789\n", "123456789")]
    [InlineData("v\n0.00025\n0.00025\n", "0.000250000")]
    public async Task Tiny_and_huge_numbers_have_an_exponent(string text, string number)
    {
        ToolRun run = await ToolRun.Run("forecast", Write(text), "--horizon", "1", "--model", model.Folder);

        Assert.Equal(["1", number, number, number], run.Output.TrimEnd().Split('\n')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private static int[] Seasons(JsonElement series) =>
        [.. series.GetProperty("seasons").EnumerateArray().Select(season => season.GetInt32())];

    private static string? Time(JsonElement series) => series.GetProperty("forecast")[0].GetProperty("time").GetString();

    private async Task<JsonElement> Forecast(string text, params string[] options)
    {
        JsonElement result = await ToolRun.RunForJson(["forecast", Write(text), "--horizon", "1", "--model", model.Folder, .. options]);
        return Assert.Single(result.GetProperty("series").EnumerateArray());
    }

    private async Task AssertRefused(string text, string message, params string[] options)
    {
        ToolRun run = await ToolRun.Run(["forecast", Write(text), "--horizon", "3", "--model", model.Folder, .. options]);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    private string Write(string text)
    {
        string path = Path.Combine(_folder, Path.GetRandomFileName());
        File.WriteAllText(path, text);
        return path;
    }
}
