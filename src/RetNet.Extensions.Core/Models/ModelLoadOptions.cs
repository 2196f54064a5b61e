using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Models;

/// <summary>How a model is loaded.</summary>
public sealed record ModelLoadOptions
{
    /// <summary>How weight matrices are kept. Default: as the checkpoint has them.</summary>
    public WeightFormat WeightFormat { get; init; } = WeightFormat.Auto;

    /// <summary>Where the model is computed; <c>ModelEngines.Choose</c> reads a name. Default: <see cref="ComputeDevice.Cpu"/>, in
    /// managed code.</summary>
    public ComputeDevice Device { get; init; }

    /// <summary>Threads that one forward uses at most; 0, the default, for one per processor.</summary>
    /// <remarks>On <see cref="DeviceKind.Torch"/> libtorch has one number for the whole process: that of the model that was loaded last.
    /// GPUs do not use it.</remarks>
    public int Threads { get; init; }

    /// <summary>The number of threads that <see cref="Threads"/> stands for, at least 1.</summary>
    /// <exception cref="ArgumentException"><see cref="Threads"/> is out of range.</exception>
    public int ResolvedThreads => WorkerPool.Resolve(Threads);
}
