using System.Diagnostics;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Tool.Forecasting;

namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary>Takes time and memory of forecasts in this process.</summary>
internal static class ForecastClock
{
    private const double Megabyte = 1 << 20;

    /// <summary>Runs forecasts, with a first series beforehand that is not measured: its code is compiled then.</summary>
    /// <param name="forecast">Gives the quantiles of each series, <c>[horizon × 9]</c>.</param>
    /// <param name="series">The series.</param>
    public static ForecastRun Measure(Func<EvaluationSeries[], double[][]> forecast, EvaluationSeries[] series)
    {
        forecast(series[..1]);
        GC.Collect();
        ForgetPeak();
        using Process process = Process.GetCurrentProcess();
        TimeSpan before = process.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        double[][] quantiles = forecast(series);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        process.Refresh();

        // .NET's own figure of the peak never falls.
        return new(quantiles, (process.TotalProcessorTime - before).TotalSeconds, seconds, ProcessMemory.Peak(process.Id) / Megabyte);
    }

    // Linux then counts the peak anew.
    private static void ForgetPeak()
    {
        if (OperatingSystem.IsLinux())
            File.WriteAllText("/proc/self/clear_refs", "5");
    }
}
