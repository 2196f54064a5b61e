using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace RetNet.Extensions.Core.Devices;

/// <summary>A device that a model is computed on, written <c>cpu</c>, <c>torch</c>, <c>cuda</c>, <c>cuda:1</c> or <c>mps</c>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Index">Which of its kind, from 0; more than 0 for CUDA only.</param>
public readonly record struct ComputeDevice(DeviceKind Kind, int Index = 0)
{
    /// <summary>What can be written for a device.</summary>
    public const string Names = "cpu, cuda, cuda:N, mps or torch (libtorch on the CPU)";

    /// <summary>The processor, in managed code. The default.</summary>
    public static ComputeDevice Cpu => default;

    /// <summary>Reads a device's name, whatever its case.</summary>
    /// <param name="name">The name.</param>
    /// <param name="device">The device; <c>cuda</c> is <c>cuda:0</c>.</param>
    /// <returns>False if no device has that name.</returns>
    public static bool TryParse([NotNullWhen(true)] string? name, out ComputeDevice device)
    {
        device = default;
        string[] parts = (name ?? "").Split(':');
        int index = 0;
        if (parts.Length > 2 || (parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index)))
            return false;
        foreach (DeviceKind kind in Enum.GetValues<DeviceKind>())
        {
            if (!string.Equals(parts[0], NameOf(kind), StringComparison.OrdinalIgnoreCase))
                continue;
            device = new ComputeDevice(kind, index);
            return parts.Length == 1 || kind == DeviceKind.Cuda;
        }

        return false;
    }

    /// <summary>The name that <see cref="TryParse"/> reads.</summary>
    /// <returns>Such as <c>cuda:1</c>.</returns>
    public override string ToString() => Kind == DeviceKind.Cuda
        ? string.Create(CultureInfo.InvariantCulture, $"cuda:{Index}")
        : NameOf(Kind);

    private static string NameOf(DeviceKind kind) => kind switch
    {
        DeviceKind.Torch => "torch",
        DeviceKind.Cuda => "cuda",
        DeviceKind.Mps => "mps",
        _ => "cpu",
    };
}
