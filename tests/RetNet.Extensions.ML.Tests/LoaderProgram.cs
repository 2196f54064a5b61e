using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Tests.Forecasting;

namespace RetNet.Extensions.ML.Tests;

/// <summary>A program that loads a model with ML.NET alone, names nothing of this library, and writes the values of a column.</summary>
internal static class LoaderProgram
{
    public static int Main(string[] arguments)
    {
        MLContext context = new();
        ITransformer model = context.Model.Load(arguments[0], out _);
        int rows = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        IDataView data = model.Transform(
            arguments[1] == "Forecast"
                ? context.Data.LoadFromEnumerable(Sale.Rows(rows))
                : context.Data.LoadFromEnumerable(Models.Rows(rows)));
        foreach (string line in Values(data, arguments[1]))
            Console.WriteLine(line);
        return 0;
    }

    /// <summary>Runs the program.</summary>
    public static async Task<string[]> RunAsync(string model, string column, int rows)
    {
        ProcessStartInfo start = new("dotnet", [typeof(LoaderProgram).Assembly.Location, model, column, $"{rows}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>A column's values, floating-point numbers as their bits.</summary>
    public static string[] Values(IDataView data, string column) => data.Schema[column].Type switch
    {
        VectorDataViewType { ItemType.RawType.Name: nameof(Double) } =>
            [.. data.GetColumn<double[]>(column).Select(vector => Convert.ToHexString(vector.SelectMany(BitConverter.GetBytes).ToArray()))],
        VectorDataViewType =>
            [.. data.GetColumn<float[]>(column).Select(vector => Convert.ToHexString(vector.SelectMany(BitConverter.GetBytes).ToArray()))],
        NumberDataViewType => [.. data.GetColumn<float>(column).Select(value => Convert.ToHexString(BitConverter.GetBytes(value)))],
        _ => [.. data.GetColumn<string>(column).Select(text => text.ReplaceLineEndings(" ").Trim())],
    };
}
