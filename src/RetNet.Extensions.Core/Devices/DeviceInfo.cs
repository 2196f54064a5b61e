namespace RetNet.Extensions.Core.Devices;

/// <summary>A device that is there.</summary>
/// <param name="Device">How options name it.</param>
/// <param name="Description">What it is, in words, such as the name of a GPU; with the engine that serves it.</param>
/// <param name="TotalBytes">Its memory; null where that is not known.</param>
/// <param name="FreeBytes">How much of it is free now; null where that is not known.</param>
public sealed record DeviceInfo(ComputeDevice Device, string Description, long? TotalBytes = null, long? FreeBytes = null);
