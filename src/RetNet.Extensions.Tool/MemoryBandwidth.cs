using System.Diagnostics;
using System.Numerics.Tensors;

namespace RetNet.Extensions.Tool;

/// <summary>How fast this machine reads memory.</summary>
internal static class MemoryBandwidth
{
    private const long BufferBytes = 512L << 20;
    private const int Passes = 9;

    /// <summary>Reads a buffer that no cache holds (512 MiB) several times with several threads.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the buffer.</exception>
    /// <returns>Bytes per second, the median of the passes.</returns>
    public static double Measure(int threads)
    {
        // Allocated here: on a thread of its own, running out of memory would end the process.
        float[][] parts = [.. Enumerable.Range(0, threads).Select(_ => new float[BufferBytes / sizeof(float) / threads])];
        long[] marks = new long[Passes + 1];
        using Barrier barrier = new(threads, phase => marks[phase.CurrentPhaseNumber] = Stopwatch.GetTimestamp());
        Thread[] readers = [.. parts.Select(part => new Thread(() => Read(barrier, part)))];
        foreach (Thread reader in readers)
            reader.Start();
        foreach (Thread reader in readers)
            reader.Join();
        double[] seconds = [.. Enumerable.Range(
            0, Passes).Select(pass => Stopwatch.GetElapsedTime(marks[pass], marks[pass + 1]).TotalSeconds)];
        return BufferBytes / Median(seconds);
    }

    /// <summary>The middle of some measurements.</summary>
    public static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }

    // Untouched pages would all map to one page of zeros, so each thread writes its part first.
    private static void Read(Barrier barrier, float[] part)
    {
        part.AsSpan().Fill(1);
        float sum = 0;
        barrier.SignalAndWait();
        for (int pass = 0; pass < Passes; pass++)
        {
            sum += TensorPrimitives.Sum<float>(part);
            barrier.SignalAndWait();
        }

        GC.KeepAlive(sum);
    }
}
