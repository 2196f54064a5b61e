namespace RetNet.Extensions.Core.Devices;

/// <summary>A device has not enough memory. The message says what the model and a sequence take, and so what would fit.</summary>
/// <param name="device">The device.</param>
/// <param name="message">The message.</param>
/// <param name="inner">The cause, if any.</param>
public sealed class DeviceMemoryException(
    ComputeDevice device, string message, Exception? inner = null) : DeviceException(device, message, inner)
{
    /// <summary>Whether an exception says that memory has run out, here or on a device.</summary>
    internal static bool IsLackOfMemory(Exception exception) => exception is OutOfMemoryException or DeviceMemoryException;
}
