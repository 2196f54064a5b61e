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
        string length = info is null ? "" : info.HasConstantState ? " at any length" : $" at the model's {info.ContextLength:N0} tokens of context, with the full cache";
        string fits = memory?.TotalBytes is { } all && all > weightBytes && stateBytes > 0 ? $" That leaves room for about {(all - weightBytes) / stateBytes:N0} such sequences." : "";
        return new DeviceMemoryException(
            device,
            $"Out of memory on {device}: the model's weights take {weightBytes / Mebi:N0} MiB, a sequence's state {stateBytes / Mebi:N1} MiB{length}.{There(memory)}{fits} "
                + "Smaller are: weights in BFloat16 or Float16, states in BFloat16, a bounded policy, fewer sequences at once.",
            cause);
    }

    /// <summary>The error of a training.</summary>
    /// <param name="device">The device.</param>
    /// <param name="parameters">The number of trained values.</param>
    /// <param name="cause">libtorch's error.</param>
    public static DeviceMemoryException OutOfMemoryInTraining(ComputeDevice device, long parameters, Exception cause)
    {
        const int BytesPerParameter = 4 * sizeof(float);
        return new DeviceMemoryException(
            device,
            $"Out of memory on {device}: weights, gradients and the optimiser's two moments take {parameters * BytesPerParameter / Mebi:N0} MiB, what a batch's layers compute comes on top."
                + $"{There(TorchDevices.Find(device))} Smaller are: BatchSize (with more AccumulationSteps for the same step), ContextLength, and Precision BFloat16.",
            cause);
    }

    private static string There(DeviceInfo? memory) => memory?.TotalBytes is { } total
        ? $" The device has {total / Mebi:N0} MiB{(memory.FreeBytes is { } free ? $", of which {free / Mebi:N0} are free" : "")}."
        : "";
}
