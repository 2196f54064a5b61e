using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using RetNet.Extensions.Benchmarks.Comparison;

namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>The sentences about the machine and the run behind the figures.</summary>
internal static class MachineLine
{
    public static string Of(Session session)
    {
        string bandwidth = Range(session, Measures.Bandwidth) is { } reads ? $" Memory reads gave {reads} GB/s in the same runs." : "";
        string peak = Range(session, Measures.Peak) is { } peaks ? $" Multiply-adds of float32 in registers gave {peaks} GFLOP/s." : "";
        return $"{Processor()}, {session.Threads} threads; medians of up to {session.Log.Rounds} rounds, all programs by turns, no token "
            + $"chosen. Here .NET {Environment.Version} with {Instructions()}; beside it {string.Join("; ", session.PeerBuilds())}. "
            + $"Beside their caches in half precision, states are bfloat16.{bandwidth}{peak}";
    }

    private static string? Range(Session session, string measure)
    {
        double[] values = [.. session.Log.Medians(measure).Select(value => value / 1e9)];
        return values.Length == 0 ? null : $"{values.Min():F1} to {values.Max():F1}";
    }

    // What .NET offers of the processor, widest first.
    private static string Instructions()
    {
        (string Name, bool IsThere)[] sets =
        [
            ("AVX-512", Avx512F.IsSupported), ("VBMI", Avx512Vbmi.IsSupported), ("AVX-VNNI", AvxVnni.IsSupported),
            ("AVX2", Avx2.IsSupported), ("NEON", AdvSimd.IsSupported),
        ];
        return string.Join(", ", sets.Where(set => set.IsThere).Select(set => set.Name));
    }

    private static string Processor()
    {
        const string cpuInfo = "/proc/cpuinfo", model = "model name";
        string? line = File.Exists(cpuInfo)
            ? File.ReadLines(cpuInfo).FirstOrDefault(line => line.StartsWith(model, StringComparison.Ordinal))
            : null;
        return line is null ? $"{Environment.ProcessorCount} processors" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
