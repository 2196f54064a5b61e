using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Benchmarks.Machine;

/// <summary>How fast this machine reads memory: all threads, wide vectors, and prefetches a kilobyte ahead.</summary>
internal static unsafe class ReadBandwidth
{
    private const long BufferBytes = 512L << 20;
    private const int Passes = 9;

    /// <summary>Reads a buffer that no cache holds several times.</summary>
    /// <returns>Bytes per second, the median of the passes; one takes about as long as a token of a large model.</returns>
    public static double Measure(int threads)
    {
        long[] marks = new long[Passes + 1];
        using Barrier barrier = new(threads, phase => marks[phase.CurrentPhaseNumber] = Stopwatch.GetTimestamp());
        Thread[] readers = [.. Enumerable.Range(
            0, threads).Select(_ => new Thread(() => Read(barrier, BufferBytes / sizeof(float) / threads)))];
        foreach (Thread reader in readers)
            reader.Start();
        foreach (Thread reader in readers)
            reader.Join();
        double[] seconds = [.. Enumerable.Range(
            0, Passes).Select(pass => Stopwatch.GetElapsedTime(marks[pass], marks[pass + 1]).TotalSeconds).Order()];
        return BufferBytes / seconds[Passes / 2];
    }

    // Untouched pages would all map to one page of zeros, so each thread writes its part first.
    private static void Read(Barrier barrier, long values)
    {
        using NativeBuffer<float> part = new(values);
        part.Span.Fill(1);
        float sum = 0;
        barrier.SignalAndWait();
        for (int pass = 0; pass < Passes; pass++)
        {
            sum += VectorWidth.Is512 ? Sum<FloatVector512>(part.Pointer, values)
                : VectorWidth.Is256 ? Sum<FloatVector256>(part.Pointer, values)
                : Sum<FloatVector128>(part.Pointer, values);
            barrier.SignalAndWait();
        }

        GC.KeepAlive(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum<TVector>(float* values, long count)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        const int line = 64 / sizeof(float), ahead = 1024 / sizeof(float), streams = 4;
        TVector one = TVector.Broadcast(1);
        TVector s0 = TVector.Zero, s1 = TVector.Zero, s2 = TVector.Zero, s3 = TVector.Zero;

        // As a matrix is read: four rows side by side, a cache line of each in turn.
        long row = count / streams / line * line;
        for (long i = 0; i < row; i += line)
        {
            float* p = values + i;
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(p + ahead);
                Sse.Prefetch0(p + row + ahead);
                Sse.Prefetch0(p + (2 * row) + ahead);
                Sse.Prefetch0(p + (3 * row) + ahead);
            }

            for (int j = 0; j < line; j += TVector.Count)
            {
                s0 = TVector.MultiplyAdd(one, TVector.Load(p + j), s0);
                s1 = TVector.MultiplyAdd(one, TVector.Load(p + row + j), s1);
                s2 = TVector.MultiplyAdd(one, TVector.Load(p + (2 * row) + j), s2);
                s3 = TVector.MultiplyAdd(one, TVector.Load(p + (3 * row) + j), s3);
            }
        }

        return TVector.Sum(s0) + TVector.Sum(s1) + TVector.Sum(s2) + TVector.Sum(s3);
    }
}
