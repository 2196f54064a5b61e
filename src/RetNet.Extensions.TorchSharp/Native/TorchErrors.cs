using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>Recognises libtorch's errors, which all have one type and differ in their text.</summary>
internal static class TorchErrors
{
    private const double Mebi = 1 << 20;

    // The allocators of CUDA and MPS; that of the CPU, on Windows and elsewhere; cuBLAS and cuDNN.
    private static readonly string[] MemoryErrors = ["out of memory", "not enough memory", "can't allocate memory", "_STATUS_ALLOC_FAILED"];

    /// <summary>Whether an allocation failed, which libtorch words differently for each allocator.</summary>
    public static bool IsOutOfMemory(ExternalException exception) =>
        Array.Exists(MemoryErrors, error => exception.Message.Contains(error, StringComparison.OrdinalIgnoreCase));

    /// <summary>The exception for an error of libtorch.</summary>
    /// <param name="device">The device.</param>
    /// <param name="cause">libtorch's error.</param>
    /// <param name="outOfMemory">Makes the exception where memory was exhausted.</param>
    public static DeviceException Explain(
        ComputeDevice device, ExternalException cause, Func<ExternalException, DeviceMemoryException> outOfMemory) =>
        IsOutOfMemory(cause) ? outOfMemory(cause) : Failure(device, cause);

    /// <summary>The exception for an error of libtorch that is no lack of memory.</summary>
    public static DeviceException Failure(ComputeDevice device, ExternalException cause) =>
        new(device, $"libtorch failed on {device}: {cause.Message.Split('\n')[0].TrimEnd()}", cause);

    /// <summary>The exception for a model that does not fit; it says what would fit.</summary>
    /// <param name="device">The device.</param>
    /// <param name="weightBytes">Bytes of the model.</param>
    /// <param name="stateBytes">Bytes of one sequence at the model's context length.</param>
    /// <param name="info">The model's facts; null while it is loaded.</param>
    /// <param name="cause">libtorch's error.</param>
    public static DeviceMemoryException OutOfMemory(
        ComputeDevice device, long weightBytes, long stateBytes, ModelInfo? info, Exception cause)
    {
        long? total = TorchDevices.Describe(device).TotalBytes;
        string length = info is null
            ? ""
            : info.HasConstantState ? " at any length" : $" at the model's {info.ContextLength:N0} tokens of context, with the full cache";
        string fits = total is { } all && all > weightBytes && stateBytes > 0
            ? $" That leaves room for about {(all - weightBytes) / stateBytes:N0} such sequences."
            : "";
        return new DeviceMemoryException(
            device,
            $"Out of memory on {device}: the model's weights take {weightBytes / Mebi:N0} MiB, a sequence's state {stateBytes / Mebi:N1} "
                + $"MiB{length}.{Memory(device)}{fits} To need less memory, use weights in BFloat16 or Float16, states in BFloat16, a "
                + "bounded policy, or fewer sequences at once.",
            cause);
    }

    /// <summary>The exception for a training that does not fit.</summary>
    /// <param name="device">The device.</param>
    /// <param name="parameters">The number of trained values.</param>
    /// <param name="cause">libtorch's error.</param>
    public static DeviceMemoryException OutOfMemoryInTraining(ComputeDevice device, long parameters, Exception cause)
    {
        const int BytesPerParameter = 4 * sizeof(float);
        return new DeviceMemoryException(
            device,
            $"Out of memory on {device}: weights, gradients and the optimiser's two moments take "
                + $"{parameters * BytesPerParameter / Mebi:N0} MiB, and the layers of a batch need more."
                + $"{Memory(device)} To need less memory, lower BatchSize (with more AccumulationSteps for the same step) or "
                + "ContextLength, or set Precision to BFloat16.",
            cause);
    }

    private static string Memory(ComputeDevice device) => TorchDevices.Describe(device).TotalBytes is { } total
        ? $" The device has {total / Mebi:N0} "
        + $"MiB{(TorchDevices.FreeBytes(device) is { } free ? $", of which {free / Mebi:N0} are free" : "")}."
        : "";
}
