using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RetNet.Extensions.Benchmarks.Machine;

namespace RetNet.Extensions.Benchmarks.Training;

/// <summary>One training by a tool.</summary>
/// <param name="TokensPerSecond">Of the measured steps: the time of a training with the first steps alone is taken off.</param>
/// <param name="Parameters">Trained values.</param>
/// <param name="PeakMemory">The largest resident memory, in bytes.</param>
/// <param name="Loss">After the last step, in nats per token.</param>
internal sealed record TrainingSample(double TokensPerSecond, long Parameters, long PeakMemory, double Loss)
{
    // Methods are compiled, and memory is reserved.
    private const int FirstSteps = 3;

    /// <summary>Trains twice: the first steps alone, and with the steps that are measured.</summary>
    public static TrainingSample Measure(string tool, TrainingCase training, IEnumerable<string> data, int threads)
    {
        string[] arguments = [.. data, .. training.Arguments, "--threads", threads.ToString(CultureInfo.InvariantCulture)];
        (JsonElement start, _) = Train(tool, arguments, FirstSteps);
        (JsonElement whole, long peak) = Train(tool, arguments, FirstSteps + training.Steps);
        double seconds = whole.GetProperty("seconds").GetDouble() - start.GetProperty("seconds").GetDouble();
        long tokens = whole.GetProperty("tokens").GetInt64() - start.GetProperty("tokens").GetInt64();
        return new TrainingSample(tokens / seconds, whole.GetProperty("parameters").GetInt64(), peak,
            whole.GetProperty("loss").GetDouble());
    }

    private static (JsonElement Summary, long PeakMemory) Train(string tool, string[] arguments, int steps)
    {
        string folder = Directory.CreateTempSubdirectory("retnet-training-speed").FullName;
        try
        {
            ProcessStartInfo start = new(tool, ["train", .. arguments, "--steps", steps.ToString(CultureInfo.InvariantCulture), "--out",
                Path.Combine(folder, "model"), "--json"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
            long peak = 0;
            while (!process.WaitForExit(TimeSpan.FromMilliseconds(20)))
                peak = Math.Max(peak, ProcessMemory.Peak(process.Id));
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{tool} ended with {process.ExitCode}: {errors.Result.Trim()}");
            using JsonDocument document = JsonDocument.Parse(output.Result);
            return (document.RootElement.Clone(), peak);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
