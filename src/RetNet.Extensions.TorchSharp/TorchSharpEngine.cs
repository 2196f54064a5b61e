using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.TorchSharp.Models.RetNet;
using RetNet.Extensions.TorchSharp.Models.Transformer;
using RetNet.Extensions.TorchSharp.Native;
using RetNet.Extensions.TorchSharp.Training;

namespace RetNet.Extensions.TorchSharp;

/// <summary>Computes and trains models on libtorch: NVIDIA and Apple GPUs, and the CPU for comparison. An application that references this
/// package has it.</summary>
/// <remarks>The native libraries are the application's choice: TorchSharp-cpu, TorchSharp-cuda-linux, TorchSharp-cuda-windows, or a folder
/// that the environment variable RETNET_LIBTORCH names.</remarks>
public sealed class TorchSharpEngine : ModelEngine
{
    private static readonly Dictionary<ModelFamily, Func<Checkpoint, ModelLoadOptions, LanguageModel>> Loaders = new()
    {
        [ModelFamily.RetNet] = TorchRetNetModel.Load,
        [ModelFamily.Llama] = TorchTransformerModel.Load,
    };

    /// <inheritdoc/>
    public override string Name => $"TorchSharp {LibtorchVersion.TorchSharp}";

    /// <inheritdoc/>
    public override string? Unavailable => NativeTorch.Missing;

    /// <inheritdoc/>
    public override IReadOnlyList<DeviceInfo> Devices => Unavailable is null ? TorchDevices.All() : [];

    /// <inheritdoc/>
    public override string? Missing(ComputeDevice device) => device.Kind == DeviceKind.Cuda ? NativeTorch.CudaMissing : null;

    /// <inheritdoc/>
    public override long? FreeBytes(ComputeDevice device) => TorchDevices.FreeBytes(device);

    /// <inheritdoc/>
    public override bool Serves(DeviceKind kind) => kind is DeviceKind.Torch or DeviceKind.Cuda or DeviceKind.Mps;

    /// <inheritdoc/>
    public override LanguageModel Load(Checkpoint checkpoint, ModelLoadOptions options)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Device.Kind == DeviceKind.Torch)
            torch.set_num_threads(options.ResolvedThreads);
        try
        {
            using DisposeScope scope = torch.NewDisposeScope();
            return Loaders[ModelFamily.Of(checkpoint)](checkpoint, options);
        }
        catch (ExternalException exception)
        {
            throw TorchErrors.Explain(options.Device, exception, cause => TorchErrors.OutOfMemory(
                options.Device, checkpoint.Tensors.Values.Sum(tensor => tensor.ByteLength), 0, null, cause));
        }
    }

    /// <inheritdoc/>
    public override double? MeasureBandwidth(ComputeDevice device) => DeviceBandwidth.Measure(device);

    /// <inheritdoc/>
    public override TrainableModel ToDevice(TrainableModel model, ComputeDevice device)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Device != ComputeDevice.Cpu)
            throw new ArgumentException($"The model is on {model.Device}; expected one on the CPU.", nameof(model));
        try
        {
            using DisposeScope scope = torch.NewDisposeScope();
            return model.Configuration switch
            {
                RetNetConfiguration retNet => TorchTrainableRetNet.Create(model, retNet, device),
                TransformerConfiguration transformer => new TorchTrainableTransformer(model, transformer, device),
                _ => throw new NotSupportedException($"{Name} cannot train a model with a {model.Configuration.GetType().Name}."),
            };
        }
        catch (ExternalException exception)
        {
            throw TorchErrors.Explain(
                device, exception, cause => TorchErrors.OutOfMemoryInTraining(device, model.ParameterCount, cause));
        }
    }
}
