using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RetNet.Extensions.Tool.Forecasting;

namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary>Forecasts of R's package forecast. They are computed once for the same series and kept in a file, since ETS takes
/// long.</summary>
internal sealed class RForecasts
{
    /// <summary>The methods, as R has them.</summary>
    public static readonly string[] Methods = ["snaive", "thetaf", "ets"];

    private readonly Dictionary<EvaluationSeries, string[][]> _rows;

    private RForecasts(EvaluationSeries[] series, string path)
    {
        string[][] rows = [.. File.ReadLines(path).Select(line => line.Split('\t'))];
        _rows = new(ReferenceEqualityComparer.Instance);
        foreach ((EvaluationSeries one, string[][] methods) in series.Zip(rows.Chunk(Methods.Length)))
            _rows.Add(one, methods);
    }

    /// <summary>Reads the forecasts of series, computed beforehand if they are not there.</summary>
    /// <param name="program">Rscript.</param>
    /// <param name="series">The series.</param>
    /// <param name="folder">Where the files are kept.</param>
    /// <param name="cores">Processes that compute.</param>
    /// <returns>The forecasts; null where there is no such program.</returns>
    /// <exception cref="InvalidOperationException">R failed: it told why.</exception>
    public static RForecasts? Get(string program, EvaluationSeries[] series, string folder, int cores)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "Forecasting", "forecast.R");
        string text = string.Concat(series.Select(Line));
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(text + File.ReadAllText(script)));
        string input = Path.Combine(folder, $"{Convert.ToHexStringLower(hash)[..16]}.tsv"), output = Path.ChangeExtension(input, ".r.tsv");
        if (File.Exists(output))
            return new(series, output);
        Directory.CreateDirectory(folder);
        File.WriteAllText(input, text);
        string unfinished = output + ".part";
        try
        {
            using Process process = Process.Start(
                program, [script, input, unfinished, cores.ToString(CultureInfo.InvariantCulture)]);
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{program} {script} ended with {process.ExitCode}; expected it to forecast {input}.");
        }
        catch (Win32Exception exception)
        {
            Console.Error.WriteLine($"{program} does not start, R's forecasts are left out: {exception.Message}");
            return null;
        }

        File.Move(unfinished, output);
        return new(series, output);
    }

    /// <summary>The forecasts of one of <see cref="Methods"/>.</summary>
    public IForecastMethod Of(string method) => new Method(this, Array.IndexOf(Methods, method));

    private static string Line(EvaluationSeries one) => string.Join('\t',
        one.Id, one.Period, one.SeasonLength.ToString(CultureInfo.InvariantCulture),
        one.Future.Length.ToString(CultureInfo.InvariantCulture), Values(one.History), Values(one.Future)) + "\n";

    private static string Values(double[] values) =>
        string.Join(',', values.Select(value => value.ToString(CultureInfo.InvariantCulture)));

    private sealed class Method(RForecasts forecasts, int index) : IForecastMethod
    {
        private const int Seconds = 2, Megabytes = 3, Quantiles = 4;

        public string Name => $"{Methods[index]} of R";

        public ForecastRun Run(EvaluationSeries[] series)
        {
            string[][] rows = Array.ConvertAll(series, one => forecasts._rows[one][index]);
            return new(
                Array.ConvertAll(rows, row => Array.ConvertAll(row[Quantiles].Split(','), Number)), rows.Sum(row => Number(row[Seconds])),
                null, rows.Max(row => Number(row[Megabytes])));
        }

        private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }
}
