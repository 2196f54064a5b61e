using RetNet.Extensions.Core.Devices;

namespace RetNet.Extensions.Core.Engines;

/// <summary>Finds the engine of a device, or says what is missing, such as CUDA. The managed engine of the CPU is part of this library;
/// others come with packages that an application references.</summary>
public static class ModelEngines
{
    /// <summary>The package that brings the engine for GPUs.</summary>
    public const string Package = "RetNet.Extensions.TorchSharp";

    private static readonly Lazy<ModelEngine?> Found = new(Find);

    /// <summary>The engine of <see cref="Package"/>; null if the application does not reference it.</summary>
    public static ModelEngine? Installed => Found.Value;

    /// <summary>All devices that models can be computed on now, the CPU first.</summary>
    public static IReadOnlyList<DeviceInfo> Devices =>
    [
        new DeviceInfo(ComputeDevice.Cpu, $"{Environment.ProcessorCount} processors, managed code",
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
        .. Installed?.Devices ?? [],
    ];

    /// <summary>The engine for a device, which exists.</summary>
    /// <param name="device">A device other than the CPU.</param>
    /// <returns>The engine.</returns>
    /// <exception cref="DeviceException">The engine or the device is missing; the message says which.</exception>
    public static ModelEngine Require(ComputeDevice device) =>
        Missing(device) is { } missing ? throw new DeviceException(device, missing) : Installed!;

    /// <summary>Why a device cannot be used.</summary>
    /// <param name="device">The device.</param>
    /// <returns>What is missing, in a sentence; null when the device can be used.</returns>
    public static string? Missing(ComputeDevice device)
    {
        if (device.Kind == DeviceKind.Cpu)
            return null;
        if (Installed is not { } engine || !engine.Serves(device.Kind))
            return $"Device {device} needs the package {Package}, which this application does not reference.";
        if (engine.Unavailable is { } reason)
            return $"Device {device} cannot be used: {reason}";
        if (engine.Devices.Any(info => info.Device == device))
            return null;
        string there = string.Join(", ", Devices.Select(info => info.Device.ToString()));
        return engine.Missing(device) is { } cause
            ? $"Device {device} does not exist: {cause} Expected one of {there}."
            : $"Device {device} does not exist; expected one of {there}.";
    }

    /// <summary>The device that options request.</summary>
    /// <param name="name"><c>auto</c> or null for a GPU if the application references an engine and there is a GPU, otherwise the CPU; or
    /// the name of a device.</param>
    /// <param name="gpu">The index of a GPU, which requests that GPU; null for no preference.</param>
    /// <returns>The device; <see cref="Missing"/> tells whether it exists.</returns>
    /// <exception cref="ArgumentException">There is no such name, or name and index contradict each other.</exception>
    public static ComputeDevice Choose(string? name, int? gpu)
    {
        if (gpu < 0)
            throw new ArgumentException($"GpuDeviceId is {gpu}; expected 0 or more.");
        ComputeDevice device;
        if (name is null || name.Equals("auto", StringComparison.OrdinalIgnoreCase))
            device = Best(gpu) ?? (gpu is null ? ComputeDevice.Cpu : new ComputeDevice(DeviceKind.Cuda, gpu.Value));
        else if (!ComputeDevice.TryParse(name, out device))
            throw new ArgumentException($"Device is '{name}'; expected auto, {ComputeDevice.Names}.");
        if (gpu is null)
            return device;
        bool namesIndex = name?.Contains(':', StringComparison.Ordinal) == true;
        if (device.Kind is DeviceKind.Cpu or DeviceKind.Torch || (device.Kind == DeviceKind.Mps && gpu != 0)
            || (namesIndex && device.Index != gpu))
        {
            throw new ArgumentException($"GpuDeviceId is {gpu}, but Device is {name}; expected one or the other.");
        }

        return device with { Index = gpu.Value };
    }

    private static ComputeDevice? Best(int? gpu) =>
        Installed?.Devices.FirstOrDefault(info => info.Device.Kind is DeviceKind.Cuda or DeviceKind.Mps
            && (gpu ?? info.Device.Index) == info.Device.Index)?.Device;

    // The trimmer understands this name: an application that references the package keeps its engine.
    private static ModelEngine? Find()
    {
        Type? type = Type.GetType("RetNet.Extensions.TorchSharp.TorchSharpEngine, RetNet.Extensions.TorchSharp", throwOnError: false);
        return type is null ? null : (ModelEngine?)Activator.CreateInstance(type);
    }
}
