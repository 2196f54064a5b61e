using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Engines;

/// <summary>Lets the CPU replace a requested device that cannot be used.</summary>
[Experimental("RETNET001")]
public static class DeviceFallback
{
    /// <summary>Runs an action on the requested device, or on the CPU if that device fails and the CPU may replace it.</summary>
    /// <typeparam name="T">The result, such as a model.</typeparam>
    /// <param name="wished">The requested device.</param>
    /// <param name="fallbackToCpu">Whether the CPU may replace it.</param>
    /// <param name="use">The action, called with the device to use. It is called a second time, with the CPU, if the first call throws a
    /// <see cref="DeviceException"/>.</param>
    /// <param name="replaced">Called before the second call, with the reason in a sentence.</param>
    /// <returns>What <paramref name="use"/> returned.</returns>
    /// <exception cref="DeviceException">The device is missing or has too little memory, and the CPU may not replace it.</exception>
    public static T Use<T>(ComputeDevice wished, bool fallbackToCpu, Func<ComputeDevice, T> use, Action<string> replaced)
    {
        ArgumentNullException.ThrowIfNull(use);
        ArgumentNullException.ThrowIfNull(replaced);
        try
        {
            return use(wished);
        }
        catch (DeviceException exception) when (fallbackToCpu && wished != ComputeDevice.Cpu)
        {
            replaced(exception.Message);
            return use(ComputeDevice.Cpu);
        }
    }

    /// <summary>The weight format that replaces one that a device does not have.</summary>
    /// <param name="format">The requested format.</param>
    /// <param name="device">The device.</param>
    /// <returns><see cref="WeightFormat.BFloat16"/> for <see cref="WeightFormat.Float16"/> on the CPU, <see cref="WeightFormat.Auto"/> for
    /// <see cref="WeightFormat.Int8"/> and <see cref="WeightFormat.Int4"/> on other devices, otherwise the format itself.</returns>
    public static WeightFormat FormatOn(WeightFormat format, ComputeDevice device) => format switch
    {
        WeightFormat.Float16 when device == ComputeDevice.Cpu => WeightFormat.BFloat16,
        WeightFormat.Int8 or WeightFormat.Int4 when device != ComputeDevice.Cpu => WeightFormat.Auto,
        _ => format,
    };
}
