using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Generation;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>Understands libtorch's errors, which come as one type with a text.</summary>
internal static class TorchErrors
{
    private const double Mebi = 1 << 20;

    /// <summary>Whether an allocation failed: CUDA's allocator, that of MPS and that of the CPU word it differently.</summary>
    public static bool IsOutOfMemory(ExternalException exception) =>
        exception.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) || exception.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase);

    /// <summary>The error that says what would fit.</summary>
    /// <param name="device">The device.</param>
    /// <param name="weightBytes">Bytes of the model.</param>
    /// <param name="stateBytes">Bytes of one sequence at the model's context length.</param>
    /// <param name="info">The model's facts; null while it is loaded.</param>
    /// <param name="cause">libtorch's error.</param>
    public static DeviceMemoryException OutOfMemory(ComputeDevice device, long weightBytes, long stateBytes, ModelInfo? info, Exception cause)
    {
        DeviceInfo? memory = TorchDevices.Find(device);
        string there = memory?.TotalBytes is { } total
            ? $" The device has {total / Mebi:N0} MiB{(memory.FreeBytes is { } free ? $", of which {free / Mebi:N0} are free" : "")}."
            : "";
        string length = info is null ? "" : info.HasConstantState ? " at any length" : $" at the model's {info.ContextLength:N0} tokens of context, with the full cache";
        string fits = memory?.TotalBytes is { } all && all > weightBytes && stateBytes > 0 ? $" That leaves room for about {(all - weightBytes) / stateBytes:N0} such sequences." : "";
        return new DeviceMemoryException(
            device,
            $"Out of memory on {device}: the model's weights take {weightBytes / Mebi:N0} MiB, a sequence's state {stateBytes / Mebi:N1} MiB{length}.{there}{fits} "
                + "Smaller are: weights in BFloat16 or Float16, states in BFloat16, a bounded policy, fewer sequences at once.",
            cause);
    }
}
