namespace RetNet.Extensions.Core.Devices;

/// <summary>A device that can be used.</summary>
/// <param name="Device">How options name it.</param>
/// <param name="Description">What it is, in words, such as the name of a GPU; with the engine that serves it.</param>
/// <param name="TotalBytes">Its memory in bytes; null if that is not known. <c>ModelEngine.FreeBytes</c> returns how much of it is
/// free.</param>
public sealed record DeviceInfo(ComputeDevice Device, string Description, long? TotalBytes = null);
