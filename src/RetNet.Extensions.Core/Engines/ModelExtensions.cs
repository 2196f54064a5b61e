using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Adapters;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Adapters;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Layers;

namespace RetNet.Extensions.Core.Engines;

/// <summary>Loads models of any family on any device, creates new ones to train, and moves them.</summary>
public static class ModelExtensions
{
    extension(LanguageModel)
    {
        /// <summary>Opens a checkpoint, checks it whole and loads its weights.</summary>
        /// <remarks>All weights are copied into memory of their own, so that the files may change or go afterwards. A file that changes
        /// while it is read is refused.</remarks>
        /// <param name="path">A Hugging Face folder, a .safetensors file with config.json beside it, or a .gguf file.</param>
        /// <param name="options">How it is loaded; null for the defaults.</param>
        /// <returns>The model. Dispose it to release the weights.</returns>
        /// <exception cref="CheckpointException">A file is missing or malformed, or of a family that is not supported.</exception>
        /// <exception cref="DeviceException">The device, or the engine for it, is not there or has not enough memory.</exception>
        public static LanguageModel Load(string path, ModelLoadOptions? options = null)
        {
            Checkpoint checkpoint = Checkpoint.Open(path);
            try
            {
                ModelFamily.RequireNoForecaster(checkpoint);
            }
            catch
            {
                checkpoint.Dispose();
                throw;
            }

            LanguageModel model = LanguageModel.Load(checkpoint, options);
            model.CloseCheckpoint();
            return model;
        }

        /// <summary>Checks an open checkpoint whole and loads its weights.</summary>
        /// <param name="checkpoint">The checkpoint; the model owns it from here on, also when loading fails. It can be read as long as the
        /// model lives.</param>
        /// <param name="options">How it is loaded; null for the defaults.</param>
        /// <returns>The model. Dispose it to release the weights.</returns>
        /// <exception cref="CheckpointException">The checkpoint is incomplete, or of a family that is not supported.</exception>
        /// <exception cref="DeviceException">The device, or the engine for it, is not there or has not enough memory.</exception>
        public static LanguageModel Load(Checkpoint checkpoint, ModelLoadOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(checkpoint);
            options ??= new ModelLoadOptions();
            try
            {
                checkpoint = Merged(checkpoint, options);
                LanguageModel model = options.Device == ComputeDevice.Cpu
                    ? ModelFamily.Of(checkpoint).Load(checkpoint, options)
                    : ModelEngines.Require(options.Device).Load(checkpoint, options);
                model.Checkpoint = checkpoint;
                return model;
            }
            catch
            {
                checkpoint.Dispose();
                throw;
            }
        }
    }

    extension(TrainableModel)
    {
        /// <summary>Creates a RetNet with new weights (RetNet, section 3.1, and torchscale's initialisation).</summary>
        /// <param name="configuration">Its dimensions.</param>
        /// <param name="seed">Seed of the weights.</param>
        /// <param name="threads">Threads to compute with; 0 for one per processor.</param>
        /// <param name="initialization">Departures from the family's initialisation; null for none.</param>
        /// <returns>The model, on the CPU.</returns>
        /// <exception cref="ArgumentException">The number of threads or an option is out of range.</exception>
        public static TrainableModel Create(
            RetNetConfiguration configuration, int seed, int threads = 0, InitializationOptions? initialization = null)
        {
            ArgumentNullException.ThrowIfNull(configuration);
            return ManagedTrainableModel.Create(RetNetTrainableParts.Create(configuration, Checked(initialization)), seed,
                WorkerPool.Resolve(threads));
        }

        /// <summary>Creates a Transformer of the Llama family with new weights (transformers' initialisation: normal with standard
        /// deviation 0.02).</summary>
        /// <param name="configuration">Its dimensions.</param>
        /// <param name="seed">Seed of the weights.</param>
        /// <param name="threads">Threads to compute with; 0 for one per processor.</param>
        /// <param name="initialization">Departures from the family's initialisation; null for none.</param>
        /// <returns>The model, on the CPU.</returns>
        /// <exception cref="ArgumentException">The number of threads or an option is out of range.</exception>
        public static TrainableModel Create(
            TransformerConfiguration configuration, int seed, int threads = 0, InitializationOptions? initialization = null)
        {
            ArgumentNullException.ThrowIfNull(configuration);
            return ManagedTrainableModel.Create(TransformerTrainableParts.Create(configuration, Checked(initialization)), seed,
                WorkerPool.Resolve(threads));
        }

        /// <summary>Copies the weights of a checkpoint, widened to float32.</summary>
        /// <param name="checkpoint">The checkpoint; it may be closed afterwards.</param>
        /// <param name="threads">Threads to compute with; 0 for one per processor.</param>
        /// <returns>The model, on the CPU.</returns>
        /// <exception cref="CheckpointException">The checkpoint is not a complete model of a supported family.</exception>
        /// <exception cref="ArgumentException">The number of threads is out of range.</exception>
        public static TrainableModel Load(Checkpoint checkpoint, int threads = 0)
        {
            ArgumentNullException.ThrowIfNull(checkpoint);
            int resolved = WorkerPool.Resolve(threads);
            return new ManagedTrainableModel(ModelFamily.Of(checkpoint).LoadParts(checkpoint), resolved);
        }
    }

    extension(TrainableModel model)
    {
        /// <summary>Moves the model from the CPU to a device.</summary>
        /// <param name="device">The device.</param>
        /// <returns>The model itself if it is on that device already; otherwise a new model with its weights, and this one is
        /// disposed.</returns>
        /// <exception cref="DeviceException">The engine or the device is missing, or the device has too little memory; the message says
        /// which. This model stays as it is.</exception>
        /// <exception cref="NotSupportedException">The model is on a device, and another device is requested: save the model, and load it
        /// there.</exception>
        public TrainableModel ToDevice(ComputeDevice device)
        {
            ArgumentNullException.ThrowIfNull(model);
            if (device == model.Device)
                return model;
            if (model.Device != ComputeDevice.Cpu)
            {
                throw new NotSupportedException($"The model is on {model.Device}; only a model on the CPU can be moved. Save the model, "
                    + $"and load it on {device}.");
            }

            TrainableModel moved = ModelEngines.Require(device).ToDevice(model, device);
            moved.LearnFrom(model);
            model.Dispose();
            return moved;
        }

        /// <summary>Ends training: gives the weights to a model for inference, without a file.</summary>
        /// <remarks>As <see cref="TrainableModel.ToCheckpoint"/> and <c>LanguageModel.Load</c> one after the other. Call them yourself
        /// where loading may fail and the weights must not be lost: a checkpoint that was shared (<see cref="Checkpoint.Share"/>) can be
        /// loaded again.</remarks>
        /// <param name="options">How it is loaded, and on which device; null for the defaults.</param>
        /// <returns>The model. The one that was trained is disposed, also when loading fails.</returns>
        /// <exception cref="DeviceException">The device, or the engine for it, is not there or has not enough memory.</exception>
        public LanguageModel ToLanguageModel(ModelLoadOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(model);
            return LanguageModel.Load(model.ToCheckpoint("trained model"), options);
        }
    }

    // On an exception the checkpoint still is the caller's.
    private static Checkpoint Merged(Checkpoint checkpoint, ModelLoadOptions options)
    {
        if (options.CheckedHeldAdapters is [{ } held, ..] && options.Device != ComputeDevice.Cpu)
        {
            throw new ArgumentException($"Adapter '{held.Name}' is held beside the weights, which device {options.Device} does not do; "
                + $"expected one that is merged ({nameof(ModelAdapter)}.{nameof(ModelAdapter.IsMerged)}).");
        }

        (string, float)[] merged = [.. options.Adapters.Where(one => one.IsMerged).Select(one => (one.Path, one.Scale))];
        return merged.Length == 0
            ? checkpoint
            : AdapterMerge.Merge(checkpoint, merged, keepsIntegers: options.WeightFormat == WeightFormat.Auto,
                ModelFamily.Of(checkpoint).FindTied(checkpoint));
    }

    private static InitializationOptions Checked(InitializationOptions? options)
    {
        options?.Check();
        return options ?? InitializationOptions.Default;
    }
}
