using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Models;

/// <summary>Decides where a model runs, when it is fitted and again when it is loaded.</summary>
internal static class Device
{
    /// <summary>The requested device; or the CPU with a warning in the log, if the CPU may replace it.</summary>
    /// <param name="host">Knows what the <see cref="MLContext"/> wants, and logs.</param>
    /// <param name="gpuDeviceId">The GPU that the options request; null for that of the context. If both are null, the CPU is used.</param>
    /// <param name="fallbackToCpu">Whether the CPU may replace a GPU that cannot be used; null for the setting of the context.</param>
    /// <returns>A device that exists.</returns>
    /// <exception cref="InvalidOperationException">The requested GPU does not exist, and the CPU may not replace it.</exception>
    public static ComputeDevice Resolve(IHost host, int? gpuDeviceId, bool? fallbackToCpu)
    {
        if ((gpuDeviceId ?? host.GpuDeviceId()) is not { } id)
            return ComputeDevice.Cpu;
        ComputeDevice device = ModelEngines.Choose(name: null, id);
        if (ModelEngines.Missing(device) is not { } missing)
            return device;
        string reason = $"{nameof(MLContext.GpuDeviceId)} is {id}: {missing}";
        if (!MayFallBack(host, fallbackToCpu))
            throw new InvalidOperationException($"{reason} Expected null, or {nameof(MLContext.FallbackToCpu)} = true.");
        FallBack(host, reason);
        return ComputeDevice.Cpu;
    }

    /// <summary>Loads a model on the requested device; on the CPU if it does not fit there and the CPU may replace it.</summary>
    /// <param name="host">As for <see cref="Resolve"/>.</param>
    /// <param name="gpuDeviceId">As for <see cref="Resolve"/>.</param>
    /// <param name="fallbackToCpu">As for <see cref="Resolve"/>.</param>
    /// <param name="options">How it is loaded.</param>
    /// <param name="load">Loads it with those options and a device.</param>
    /// <returns>The model.</returns>
    /// <exception cref="InvalidOperationException">As for <see cref="Resolve"/>.</exception>
    /// <exception cref="DeviceMemoryException">It does not fit, and the CPU may not replace the device.</exception>
    public static HeldModel Load(
        IHost host, int? gpuDeviceId, bool? fallbackToCpu, ModelLoadOptions options, Func<ModelLoadOptions, HeldModel> load) =>
        Load(host, Resolve(host, gpuDeviceId, fallbackToCpu), fallbackToCpu, options, load);

    /// <summary>Loads a model on an existing device; on the CPU if it does not fit there and the CPU may replace it.</summary>
    /// <param name="host">As for <see cref="Resolve"/>.</param>
    /// <param name="device">The result of <see cref="Resolve"/>.</param>
    /// <param name="fallbackToCpu">As for <see cref="Resolve"/>.</param>
    /// <param name="options">How it is loaded.</param>
    /// <param name="load">Loads it with those options and a device.</param>
    /// <returns>The model.</returns>
    /// <exception cref="DeviceMemoryException">It does not fit, and the CPU may not replace the device.</exception>
    public static HeldModel Load(
        IHost host, ComputeDevice device, bool? fallbackToCpu, ModelLoadOptions options, Func<ModelLoadOptions, HeldModel> load) =>
        DeviceFallback.Use(
            device, MayFallBack(host, fallbackToCpu), used => load(For(host, used, options)), reason => FallBack(host, reason));

    /// <summary>Loads a trained model on the device of its training; on the CPU if that fails, whatever the options say, so that no
    /// training is lost.</summary>
    /// <param name="host">Logs.</param>
    /// <param name="device">Where it was trained.</param>
    /// <param name="options">How it is loaded.</param>
    /// <param name="load">Loads it with those options and a device.</param>
    /// <returns>The model.</returns>
    public static HeldModel LoadTrained(
        IHost host, ComputeDevice device, ModelLoadOptions options, Func<ModelLoadOptions, HeldModel> load) =>
        DeviceFallback.Use(device, fallbackToCpu: true, used => load(For(host, used, options)),
            reason => Warn(host, $"{reason} The trained model is kept, and scores on the CPU."));

    /// <summary>Moves a model from the CPU to the device that it is trained on; it stays on the CPU if it does not fit there and the CPU
    /// may replace the device.</summary>
    /// <param name="host">As for <see cref="Resolve"/>.</param>
    /// <param name="device">The result of <see cref="Resolve"/>.</param>
    /// <param name="fallbackToCpu">As for <see cref="Resolve"/>.</param>
    /// <param name="model">The model, which this call owns.</param>
    /// <returns>The model on its device.</returns>
    /// <exception cref="DeviceMemoryException">It does not fit, and the CPU may not replace the device.</exception>
    public static TrainableModel Move(IHost host, ComputeDevice device, bool? fallbackToCpu, TrainableModel model)
    {
        try
        {
            return DeviceFallback.Use(device, MayFallBack(host, fallbackToCpu), model.ToDevice, reason => FallBack(host, reason));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static bool MayFallBack(IHost host, bool? fallbackToCpu) => fallbackToCpu ?? host.FallbackToCpu();

    // The weight format is saved with a model, but the device is not: a format that the device does not have must not prevent loading.
    private static ModelLoadOptions For(IHost host, ComputeDevice device, ModelLoadOptions options)
    {
        WeightFormat format = DeviceFallback.FormatOn(options.WeightFormat, device);
        if (format != options.WeightFormat)
        {
            Warn(
                host, $"{nameof(WeightFormat)} is {options.WeightFormat}, which device {device} does not have; the weights are kept in "
                    + $"{format} there.");
        }

        return options with { Device = device, WeightFormat = format };
    }

    private static void FallBack(IHost host, string reason) =>
        Warn(host, $"{reason} {nameof(MLContext.FallbackToCpu)} is true, so the CPU is used.");

    private static void Warn(IHost host, string warning)
    {
        using IChannel channel = host.Start(nameof(Device));
        channel.Warning(MessageSensitivity.None, warning);
    }
}
