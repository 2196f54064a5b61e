using System.Diagnostics;
using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Benchmarks.Machine;

/// <summary>How many float32 operations per second this machine's multiply-add units do, with all operands in registers.</summary>
internal static class MultiplyAddPeak
{
    private const int Rounds = 4_000_000;
    private const int Repetitions = 5;
    private const int Chains = 12;

    /// <returns>Operations per second of all threads together in the fastest repetition; a multiply-add counts as two.</returns>
    public static double Measure(int threads)
    {
        double best = 0;
        for (int repetition = 0; repetition < Repetitions; repetition++)
        {
            long start = Stopwatch.GetTimestamp();
            Thread[] workers = [.. Enumerable.Range(0, threads).Select(_ => new Thread(() => GC.KeepAlive(Run())))];
            foreach (Thread worker in workers)
                worker.Start();
            foreach (Thread worker in workers)
                worker.Join();
            int lanes = VectorWidth.Is512 ? 16 : VectorWidth.Is256 ? 8 : 4;
            best = Math.Max(best, 2.0 * Rounds * Chains * lanes * threads / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private static float Run() => VectorWidth.Is512
        ? Run<FloatVector512>()
        : VectorWidth.Is256 ? Run<FloatVector256>() : Run<FloatVector128>();

    // Twelve independent chains: more than latency times throughput of any unit at hand.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Run<TVector>()
        where TVector : unmanaged, IFloatVector<TVector>
    {
        TVector x = TVector.Broadcast(0.999f), y = TVector.Broadcast(0.001f);
        TVector a0 = y, a1 = y, a2 = y, a3 = y, a4 = y, a5 = y, a6 = y, a7 = y, a8 = y, a9 = y, a10 = y, a11 = y;
        for (int i = 0; i < Rounds; i++)
        {
            a0 = TVector.MultiplyAdd(a0, x, y);
            a1 = TVector.MultiplyAdd(a1, x, y);
            a2 = TVector.MultiplyAdd(a2, x, y);
            a3 = TVector.MultiplyAdd(a3, x, y);
            a4 = TVector.MultiplyAdd(a4, x, y);
            a5 = TVector.MultiplyAdd(a5, x, y);
            a6 = TVector.MultiplyAdd(a6, x, y);
            a7 = TVector.MultiplyAdd(a7, x, y);
            a8 = TVector.MultiplyAdd(a8, x, y);
            a9 = TVector.MultiplyAdd(a9, x, y);
            a10 = TVector.MultiplyAdd(a10, x, y);
            a11 = TVector.MultiplyAdd(a11, x, y);
        }

        return TVector.Sum(a0) + TVector.Sum(a1) + TVector.Sum(a2) + TVector.Sum(a3) + TVector.Sum(a4) + TVector.Sum(a5)
            + TVector.Sum(a6) + TVector.Sum(a7) + TVector.Sum(a8) + TVector.Sum(a9) + TVector.Sum(a10) + TVector.Sum(a11);
    }
}
