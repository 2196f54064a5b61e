using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Engines;

/// <summary>Lets the CPU replace a device that is asked for and cannot be used.</summary>
public static class DeviceFallback
{
    /// <summary>Does something on the device that is asked for, and on the CPU where that device fails and the CPU may replace it.</summary>
    /// <typeparam name="T">What is made, such as a model.</typeparam>
    /// <param name="wished">The device that is asked for.</param>
    /// <param name="fallbackToCpu">Whether the CPU may replace it.</param>
    /// <param name="use">What is done, with the device that is used. Called a second time with the CPU where the first call throws a
    /// <see cref="DeviceException"/>.</param>
    /// <param name="replaced">Told before the second call, with the reason in a sentence.</param>
    /// <returns>What <paramref name="use"/> returned.</returns>
    /// <exception cref="DeviceException">The device is missing or has not enough memory, and the CPU may not replace it.</exception>
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

    /// <summary>The weight format that a device has in place of one that it does not have.</summary>
    /// <param name="format">The format that is asked for.</param>
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
