using System.Diagnostics;
using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace RetNet.Extensions.ML.Tests.Forecasting;

/// <summary>examples/Forecasting, with the weights that are part of the library and with those of a folder.</summary>
public sealed class ForecastingExampleTests
{
    private const int Months = 12;

    [Fact]
    public async Task It_forecasts_a_year_and_measures_it_beside_other_methods()
    {
        string output = await RunAsync();

        Assert.Contains("Monthly sales, 96 months of which 3 are missing.", output, StringComparison.Ordinal);
        (double[] year, Dictionary<string, double[]> methods) = Read(output);
        Assert.Equal(4 * Months, year.Length);
        foreach (double[] month in year.Chunk(4))
            Assert.True(month[1] < month[2] && month[2] < month[3], "The quantiles of a month do not ascend.");
        Assert.Equal(["RetNet", "SSA", "seasonal naive"], methods.Keys.Order(StringComparer.Ordinal));
        Assert.All(Enumerable.Range(0, 2), measure =>
            Assert.True(methods["RetNet"][measure] < methods["seasonal naive"][measure]));
        int inside = year.Chunk(4).Count(month => month[0] >= month[1] && month[0] <= month[3]);
        Assert.Contains($"{inside} of 12 months lie within the interval of 80 %.", output, StringComparison.Ordinal);

        using XmlReader svg = XmlReader.Create(
            output.Split("Picture: ")[^1].Trim(), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        XElement picture = XElement.Load(svg);
        Assert.Equal("svg", picture.Name.LocalName);
        Assert.All(["sales", "RetNet", "seasonal naive", "SSA", "80 %"], name =>
            Assert.Contains(name, picture.Value, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_names_another_model()
    {
        (double[] year, _) = Read(await RunAsync(TinyForecaster.Path));

        Assert.NotEqual(Read(await RunAsync()).Year, year);
    }

    /// <summary>What was sold in each month, its two bounds and its median; sMAPE and MASE of each method.</summary>
    private static (double[] Year, Dictionary<string, double[]> Methods) Read(string output)
    {
        string[] lines = output.ReplaceLineEndings("\n").Split('\n');
        int header = Array.FindIndex(lines, line => line.StartsWith("month ", StringComparison.Ordinal));
        int measures = Array.FindIndex(lines, line => line.StartsWith("method ", StringComparison.Ordinal));
        return (
            [.. lines[(header + 1)..(header + 1 + Months)].SelectMany(line => Numbers(line["2024-01".Length..]))],
            lines[(measures + 1)..].TakeWhile(line => line.Length > 0)
                .ToDictionary(line => line[..14].Trim(), line => Numbers(line[14..])));
    }

    private static double[] Numbers(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(number => double.Parse(number, CultureInfo.InvariantCulture))];

    /// <summary>What the example writes.</summary>
    private static async Task<string> RunAsync(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "Forecasting.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1" },
        };
        using Process example = Process.Start(start)!;
        Task<string> errors = example.StandardError.ReadToEndAsync();
        string output = await example.StandardOutput.ReadToEndAsync();
        await example.WaitForExitAsync();

        Assert.Equal("", await errors);
        Assert.Equal(0, example.ExitCode);
        return output;
    }
}
