using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Engines;

/// <summary>How a language model of any family is loaded, on any device.</summary>
public static class LanguageModelExtensions
{
    extension(LanguageModel)
    {
        /// <summary>Opens a checkpoint, checks it whole and loads its weights.</summary>
        /// <remarks>Linear layers are packed into memory of their own. The files stay mapped while the model lives, because embeddings are
        /// looked up there, and must not change.</remarks>
        /// <param name="path">A Hugging Face folder, a .safetensors file with config.json beside it, or a .gguf file.</param>
        /// <param name="options">How it is loaded; null for the defaults.</param>
        /// <returns>The model. Dispose it to release the weights.</returns>
        /// <exception cref="CheckpointException">A file is missing or malformed, or of a family that is not supported.</exception>
        /// <exception cref="DeviceException">The device, or the engine for it, is not there or has not enough memory.</exception>
        public static LanguageModel Load(string path, ModelLoadOptions? options = null) =>
            LanguageModel.Load(Checkpoint.Open(path), options);

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
                if (options.Device == ComputeDevice.Cpu)
                    return ModelFamily.Of(checkpoint).Load(checkpoint, options);

                // The weights are then on the device, but the checkpoint can still be read, as on the CPU.
                LanguageModel model = ModelEngines.Require(options.Device).Load(checkpoint, options);
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
}
