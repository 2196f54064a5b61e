using System.Runtime.Intrinsics.X86;
using RetNet.Extensions.Benchmarks.Comparison;

namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>The sentences about the machine and the run behind the figures.</summary>
internal static class MachineLine
{
    public static string Of(Session session)
    {
        string vectors = Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : "128-bit vectors";
        double[] bandwidths = Medians(session, Measures.Bandwidth);
        double[] peaks = Medians(session, Measures.Peak);
        string bandwidth = bandwidths.Length == 0
            ? ""
            : $" Memory reads gave {bandwidths.Min() / 1e9:F1} to {bandwidths.Max() / 1e9:F1} GB/s in the same runs,";
        string peak = peaks.Length == 0 ? "" : $" multiply-adds in registers {peaks.Min() / 1e9:F0} to {peaks.Max() / 1e9:F0} GFLOP/s.";
        return $"{Processor()}, {vectors}, {session.Threads} threads; medians of {session.Log.Rounds} rounds, both programs by turns, "
            + $"greedy sampling included. Beside llama.cpp, whose cache is in half precision, states are bfloat16.{bandwidth}{peak}";
    }

    private static double[] Medians(Session session, string measure) =>
        [.. WeightKind.All.Select(kind => session.Log.Median(new(measure, "", kind.Name))).OfType<double>()];

    private static string Processor()
    {
        const string cpuInfo = "/proc/cpuinfo", model = "model name";
        string? line = File.Exists(cpuInfo)
            ? File.ReadLines(cpuInfo).FirstOrDefault(line => line.StartsWith(model, StringComparison.Ordinal))
            : null;
        return line is null ? $"{Environment.ProcessorCount} processors" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
