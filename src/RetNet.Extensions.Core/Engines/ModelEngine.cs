using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Engines;

/// <summary>Computes models on devices that the managed code of this library cannot use. <see cref="ModelEngines"/> finds it.</summary>
[Experimental("RETNET001")]
public abstract class ModelEngine
{
    /// <summary>Name and version, such as <c>TorchSharp 0.107</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Why the engine can use no device, such as a missing native library and how to install it; null if it can use one.</summary>
    public abstract string? Unavailable { get; }

    /// <summary>The devices that it can use now; none if <see cref="Unavailable"/> is not null.</summary>
    public abstract IReadOnlyList<DeviceInfo> Devices { get; }

    /// <summary>Why a device is not among <see cref="Devices"/>, such as a driver that is too old.</summary>
    /// <param name="device">A device of a kind that the engine <see cref="Serves"/>.</param>
    /// <returns>A clause and, where more is to be said, sentences behind it; null where nothing is known but that it does not
    /// exist.</returns>
    public virtual string? Missing(ComputeDevice device) => null;

    /// <summary>How much of a device's memory is free now. Asking may take memory of the device for a moment, unlike
    /// <see cref="Devices"/>.</summary>
    /// <param name="device">A device that exists.</param>
    /// <returns>Bytes; null where that is not known.</returns>
    public abstract long? FreeBytes(ComputeDevice device);

    /// <summary>Whether the engine is responsible for devices of a kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <returns>True if it is, whether such a device exists or not.</returns>
    public abstract bool Serves(DeviceKind kind);

    /// <summary>Loads a model onto <see cref="ModelLoadOptions.Device"/>.</summary>
    /// <param name="checkpoint">The checkpoint; it stays the caller's and may be closed afterwards.</param>
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
    /// <param name="device">A device that exists.</param>
    /// <returns>Bytes per second; null when there is no room for what is read.</returns>
    public abstract double? MeasureBandwidth(ComputeDevice device);
}
