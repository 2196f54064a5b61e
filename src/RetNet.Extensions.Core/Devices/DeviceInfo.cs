using RetNet.Extensions.Core.Engines;

namespace RetNet.Extensions.Core.Devices;

/// <summary>A device that is there.</summary>
/// <param name="Device">How options name it.</param>
/// <param name="Description">What it is, in words, such as the name of a GPU; with the engine that serves it.</param>
/// <param name="TotalBytes">Its memory; null where that is not known. What of it is free, <see cref="ModelEngine.FreeBytes"/> tells.</param>
public sealed record DeviceInfo(ComputeDevice Device, string Description, long? TotalBytes = null);
