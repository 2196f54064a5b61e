using System.Text.Json;

namespace RetNet.Extensions.Tool.Tests;

public sealed class ForecastEvalCommandTests(ForecastModelFixture model) : IClassFixture<ForecastModelFixture>
{
    private const string Waves = "W1\tWAVES\t4\t2\t1,2,3,2,2,2,3,2,1,2\t3,2\nW2\tWAVES\t4\t3\t5,6,NaN,6,5,6,7,6\t5,,7\n";
    private const string Days = "H1\tHOURLY\t24\t1\t1,2,4,3,5\t3\n";

    [Fact]
    public async Task Each_period_and_all_are_measured()
    {
        JsonElement result = await ToolRun.RunForJson(
            "forecast-eval", TestFiles.Write(Waves), TestFiles.Write(Days), "--model", model.Folder);

        Assert.Equal(["WAVES", "HOURLY", "all"], result.EnumerateObject().Select(period => period.Name));
        Assert.Equal([2, 1, 3], result.EnumerateObject().Select(period => period.Value.GetProperty("series").GetInt32()));
        foreach (JsonProperty period in result.EnumerateObject())
        {
            Assert.Equal(
                ["series", "smape", "mase", "wql", "coverage80", "seconds"],
                period.Value.EnumerateObject().Select(property => property.Name));
            Assert.InRange(period.Value.GetProperty("smape").GetDouble(), 0, 200);
            Assert.InRange(period.Value.GetProperty("mase").GetDouble(), 0, 100);
            Assert.InRange(period.Value.GetProperty("wql").GetDouble(), 0, 10);
            Assert.InRange(period.Value.GetProperty("coverage80").GetDouble(), 0, 1);
            Assert.InRange(period.Value.GetProperty("seconds").GetDouble(), 0, 60);
        }

        double[] smape = [.. result.EnumerateObject().Select(period => period.Value.GetProperty("smape").GetDouble())];
        Assert.Equal(((2 * smape[0]) + smape[1]) / 3, smape[2], 1e-9);
    }

    [Fact]
    public async Task Series_that_do_not_change_are_met_and_have_no_scaled_error()
    {
        JsonElement result = await ToolRun.RunForJson(
            "forecast-eval", TestFiles.Write("C\tCONSTANT\t1\t2\t4,4,4\t4,4"), "--model", model.Folder);

        JsonElement period = result.GetProperty("CONSTANT");
        Assert.Equal(JsonValueKind.Null, period.GetProperty("mase").ValueKind);
        Assert.Equal(
            (0, 0, 1),
            (period.GetProperty("smape").GetDouble(), period.GetProperty("wql").GetDouble(), period.GetProperty("coverage80").GetDouble()));
    }

    [Fact]
    public async Task Without_JSON_it_is_a_table()
    {
        ToolRun run = await ToolRun.Run("forecast-eval", TestFiles.Write(Waves + Days), "--model", model.Folder);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(
            ["period", "WAVES", "HOURLY", "all"],
            run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]));
    }

    [Theory]
    [InlineData("A\tall\t1\t1\t1,2\t3", "Series A has the period 'all', which stands for all periods")]
    [InlineData("A\tDAILY\t7\t1\t1,x\t3", "line 1: value 2 of history is 'x'")]
    [InlineData("", "has no series")]
    public async Task What_cannot_be_measured_is_refused(string text, string message)
    {
        ToolRun run = await ToolRun.Run("forecast-eval", TestFiles.Write(text), "--model", model.Folder);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_views_are_averaged_where_they_are_asked_for()
    {
        string series = TestFiles.Write(Waves);
        double one = await Smape("--views", "1"), three = await Smape("--views", "3"), usual = await Smape();

        Assert.NotEqual(one, three);
        Assert.Equal(three, usual);
        ToolRun run = await ToolRun.Run("forecast-eval", series, "--model", model.Folder, "--views", "9");
        Assert.Contains("--views", run.Error, StringComparison.Ordinal);
        Assert.Contains("from 1 to 8", run.Error, StringComparison.Ordinal);

        async Task<double> Smape(params string[] views) => (await ToolRun.RunForJson(
            ["forecast-eval", series, "--model", model.Folder, .. views])).GetProperty("all").GetProperty("smape").GetDouble();
    }

    [Fact]
    public async Task A_horizon_beyond_the_longest_is_refused()
    {
        string future = string.Join(',', Enumerable.Range(0, 1001));
        ToolRun run = await ToolRun.Run("forecast-eval", TestFiles.Write($"A\tX\t1\t1001\t1,2\t{future}"), "--model", model.Folder);

        Assert.Contains("Series A has a horizon of 1001 steps; expected at most 1000", run.Error, StringComparison.Ordinal);
    }
}
