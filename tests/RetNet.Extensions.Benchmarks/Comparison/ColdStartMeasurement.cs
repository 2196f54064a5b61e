using System.Diagnostics;
using System.Globalization;
using RetNet.Extensions.Benchmarks.Engines;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>The published tool, from the start of its process to the first text that it writes.</summary>
internal sealed class ColdStartMeasurement : IMeasurement
{
    public string Name => "cold";

    public void Run(Session session)
    {
        if (session.Tool is null)
            return;
        session.Report("cold start");
        Measure(session, session.Tool);
        for (int round = 0; round < session.Rounds; round++)
            session.Log.Add(new(Measures.ColdStart, EngineNames.Ours), round, Measure(session, session.Tool));
    }

    /// <returns>Seconds.</returns>
    private static double Measure(Session session, string tool)
    {
        string threads = session.Threads.ToString(CultureInfo.InvariantCulture);
        ProcessStartInfo start = new(
            tool, ["generate", session.ToolModel, "--prompt", "Once upon a time", "--max-tokens", "4", "--threads", threads])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        bool hasText = process.StandardOutput.Read() >= 0;
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return hasText && process.ExitCode == 0
            ? seconds
            : throw new InvalidOperationException($"{tool} ended with {process.ExitCode}: {errors.Result.Trim()}");
    }
}
