using System.Text.Json;
using RetNet.Extensions.Tool.Forecasting;

namespace RetNet.Extensions.Tool.Tests;

public sealed class ForecastDataCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("retnet-forecast-data-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_is_written_is_what_forecasts_are_measured_with()
    {
        string path = In("series.tsv");
        JsonElement result = await ToolRun.RunForJson("forecast-data", path, "--series", "300", "--length", "30-90", "--horizon", "12");

        EvaluationSeries[] series = SeriesFile.Read(path);
        Assert.Equal(300, series.Length);
        Assert.Equal(300, series.DistinctBy(one => one.Id).Count());
        Assert.All(series, one => Assert.Equal(12, one.Future.Length));
        Assert.All(series, one => Assert.InRange(one.History.Length, 18, 78));
        Assert.Contains(series, one => one.SeasonLength == 1);
        Assert.Contains(series, one => one.SeasonLength == 12);

        double[] values = [.. series.SelectMany(one => one.History.Concat(one.Future))];
        Assert.Equal(300, result.GetProperty("series").GetInt32());
        Assert.Equal(values.Length, result.GetProperty("values").GetInt32());
        Assert.Equal(values.Count(double.IsNaN), result.GetProperty("missing").GetInt32());
        Assert.Equal(
            series.CountBy(one => one.Period).ToDictionary(),
            result.GetProperty("families").EnumerateObject().ToDictionary(family => family.Name, family => family.Value.GetInt32()));
        Assert.Equal([path], Directory.EnumerateFiles(_folder.FullName));
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_file_and_another_another()
    {
        (string first, string second, string other) = (In("1"), In("2"), In("3"));
        await ToolRun.RunForJson("forecast-data", first, "--series", "40", "--seed", "7");
        await ToolRun.RunForJson("forecast-data", second, "--series", "40", "--seed", "7");
        await ToolRun.RunForJson("forecast-data", other, "--series", "40", "--seed", "-8");

        Assert.Equal(File.ReadAllText(first), File.ReadAllText(second));
        Assert.NotEqual(File.ReadAllText(first), File.ReadAllText(other));
    }

    [Fact]
    public async Task Without_options_the_future_is_a_fifth_of_a_series()
    {
        string path = In("series.tsv");
        ToolRun run = await ToolRun.Run("forecast-data", path, "--length", "100", "--series", "20");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("values", run.Output, StringComparison.Ordinal);
        Assert.All(SeriesFile.Read(path), one => Assert.Equal((80, 20), (one.History.Length, one.Future.Length)));
    }

    private string In(string name) => Path.Combine(_folder.FullName, name);
}
