using System.Diagnostics;
using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Devices;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>How fast a device reads its memory.</summary>
internal static class DeviceBandwidth
{
    private const long CachelessBytes = 512L << 20;
    private const int Passes = 9;
    private const int ReadsPerPass = 8;

    /// <summary>Sums a buffer several times.</summary>
    /// <param name="device">A device that exists.</param>
    /// <param name="bytes">The buffer's size; by default, no cache holds it (512 MiB).</param>
    /// <returns>Bytes per second, the median of the passes; null when there is no room for the buffer.</returns>
    /// <exception cref="DeviceException">libtorch failed.</exception>
    public static double? Measure(ComputeDevice device, long bytes = CachelessBytes)
    {
        using IDisposable noGradients = torch.no_grad();
        using DisposeScope scope = torch.NewDisposeScope();
        try
        {
            Tensor buffer = torch.ones(bytes / sizeof(float), dtype: torch.float32, device: TorchDevices.Native(device));
            double[] seconds = new double[Passes];
            Read(buffer);
            foreach (ref double pass in seconds.AsSpan())
            {
                long start = Stopwatch.GetTimestamp();
                Read(buffer);
                pass = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }

            Array.Sort(seconds);
            return (double)bytes * ReadsPerPass / seconds[Passes / 2];
        }
        catch (ExternalException exception)
        {
            return TorchErrors.IsOutOfMemory(exception) ? null : throw TorchErrors.Failure(device, exception);
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
