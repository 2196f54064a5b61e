using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Models.Adapters;

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

    /// <summary>LoRA adapters that are merged into the weights, or held beside them for the sequences that ask for one. Default:
    /// none.</summary>
    public IReadOnlyList<ModelAdapter> Adapters { get; init; } = [];

    /// <summary>The adapters that are held beside the weights.</summary>
    /// <exception cref="ArgumentException">Two have the same name, or one has a property that is out of range.</exception>
    internal IReadOnlyList<ModelAdapter> CheckedHeldAdapters
    {
        get
        {
            foreach (ModelAdapter adapter in Adapters)
                adapter.Check();
            ModelAdapter[] held = [.. Adapters.Where(adapter => !adapter.IsMerged)];
            return held.GroupBy(adapter => adapter.Name).FirstOrDefault(same => same.Count() > 1) is { } twice
                ? throw new ArgumentException($"Two adapters have the name '{twice.Key}'; expected another name for each.")
                : held;
        }
    }

    /// <summary>The number of threads that <see cref="Threads"/> stands for, at least 1.</summary>
    /// <exception cref="ArgumentException"><see cref="Threads"/> is out of range.</exception>
    public int ResolvedThreads => WorkerPool.Resolve(Threads);
}
