namespace RetNet.Extensions.DependencyInjection;

/// <summary>The names that <see cref="RetNetOptions.Device"/> knows.</summary>
internal static class Devices
{
    public const string Auto = "auto";
    public const string Cpu = "cpu";

    public static readonly string[] Names = [Auto, Cpu, "cuda", "mps"];

    public static bool Is(string? device, string name) => string.Equals(device, name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the options ask for a GPU.</summary>
    public static bool AsksForGpu(RetNetOptions options) =>
        !Is(options.Device, Cpu) && (!Is(options.Device, Auto) || options.GpuDeviceId is not null);

    /// <summary>The device that is asked for, in words.</summary>
    public static string Describe(RetNetOptions options) =>
        options.GpuDeviceId is { } id ? $"{options.Device} with {nameof(options.GpuDeviceId)} {id}" : options.Device;
}
