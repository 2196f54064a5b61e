using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>How fast a device reads its memory.</summary>
internal static class DeviceBandwidth
{
    private const long BufferBytes = 512L << 20;
    private const int Passes = 9;
    private const int ReadsPerPass = 8;

    /// <summary>Sums a buffer that no cache holds (512 MiB) several times.</summary>
    /// <returns>Bytes per second, the median of the passes; null when there is no room for the buffer.</returns>
    public static double? Measure(torch.Device device)
    {
        using IDisposable noGradients = torch.no_grad();
        using DisposeScope scope = torch.NewDisposeScope();
        try
        {
            Tensor buffer = torch.ones(BufferBytes / sizeof(float), dtype: torch.float32, device: device);
            double[] seconds = new double[Passes];
            Read(buffer);
            foreach (ref double pass in seconds.AsSpan())
            {
                long start = Stopwatch.GetTimestamp();
                Read(buffer);
                pass = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }

            Array.Sort(seconds);
            return BufferBytes * ReadsPerPass / seconds[Passes / 2];
        }
        catch (ExternalException exception) when (TorchErrors.IsOutOfMemory(exception))
        {
            return null;
        }
    }

    // The passes are queued one after the other; reading the last result waits for all.
    private static void Read(Tensor buffer)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor sum = buffer.sum();
        for (int read = 1; read < ReadsPerPass; read++)
            sum = buffer.sum();
        sum.item<float>();
    }
}
