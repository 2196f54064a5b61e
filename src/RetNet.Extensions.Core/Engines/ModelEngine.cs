using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Engines;

/// <summary>Computes models on devices that the managed code of this library does not reach. <see cref="ModelEngines"/> finds it.</summary>
public abstract class ModelEngine
{
    /// <summary>Name and version, such as <c>TorchSharp 0.107</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Why the engine serves no device, such as the native library that is missing and how it gets there; null when it serves one.</summary>
    public abstract string? Unavailable { get; }

    /// <summary>The devices that it can use now; none where <see cref="Unavailable"/> says why.</summary>
    public abstract IReadOnlyList<DeviceInfo> Devices { get; }

    /// <summary>How much of a device's memory is free now. Asking may take memory of the device for a moment, unlike <see cref="Devices"/>.</summary>
    /// <param name="device">A device that is there.</param>
    /// <returns>Bytes; null where that is not known.</returns>
    public abstract long? FreeBytes(ComputeDevice device);

    /// <summary>Whether devices of a kind are its affair.</summary>
    /// <param name="kind">The kind.</param>
    /// <returns>True when it is the engine for them, whether they are there or not.</returns>
    public abstract bool Serves(DeviceKind kind);

    /// <summary>Loads a model onto <see cref="ModelLoadOptions.Device"/>.</summary>
    /// <param name="checkpoint">The checkpoint; it stays the caller's, who may close it afterwards.</param>
    /// <param name="options">How it is loaded.</param>
    /// <returns>The model.</returns>
    /// <exception cref="CheckpointException">The checkpoint is incomplete, or of a family that is not supported.</exception>
    /// <exception cref="ArgumentException">An option does not fit the engine.</exception>
    /// <exception cref="DeviceMemoryException">The model does not fit into the device's memory.</exception>
    public abstract LanguageModel Load(Checkpoint checkpoint, ModelLoadOptions options);

    /// <summary>Puts a model that can be trained onto a device. Its weights are copied; the other one can be disposed.</summary>
    /// <param name="model">A model with the weights to begin with, on the CPU.</param>
    /// <param name="device">The device.</param>
    /// <returns>The model on the device.</returns>
    /// <exception cref="DeviceMemoryException">The model does not fit into the device's memory.</exception>
    public abstract TrainableModel ToDevice(TrainableModel model, ComputeDevice device);

    /// <summary>Measures how fast a device reads its memory.</summary>
    /// <param name="device">A device that is there.</param>
    /// <returns>Bytes per second; null when there is no room for what is read.</returns>
    public abstract double? MeasureBandwidth(ComputeDevice device);
}
