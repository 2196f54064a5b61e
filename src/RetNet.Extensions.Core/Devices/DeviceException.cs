namespace RetNet.Extensions.Core.Devices;

/// <summary>A device cannot be used: it or the software for it is not there. The message says what is missing.</summary>
public class DeviceException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="device">The device that was asked for.</param>
    /// <param name="message">What was found and what was expected.</param>
    /// <param name="inner">The cause, if any.</param>
    public DeviceException(ComputeDevice device, string message, Exception? inner = null)
        : base(message, inner) => Device = device;

    /// <summary>The device that was asked for.</summary>
    public ComputeDevice Device { get; }
}
