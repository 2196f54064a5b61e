using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.ML.Models;

/// <summary>What a training came to, in a temporary file, so that the model that was trained need not lie in memory beside the one to score
/// with.</summary>
internal sealed class TrainedWeights : IDisposable
{
    private readonly ModelDocuments _documents;
    private readonly FileStream _weights;

    /// <summary>Writes the weights to a file, which goes when this is disposed.</summary>
    /// <param name="model">The model, which can be disposed afterwards.</param>
    /// <param name="documents">Its tokenizer.</param>
    public TrainedWeights(TrainableModel model, ModelDocuments documents)
    {
        Device = model.Device;
        _documents = documents with { Configuration = Encoding.UTF8.GetBytes(model.ConfigurationJson()) };

        // Not in memory, where they would stand twice, and a stream ends at 2 GB.
#pragma warning disable RS0030 // The file is deleted when it is closed.
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
#pragma warning restore RS0030
        _weights = new FileStream(file, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16,
            FileOptions.DeleteOnClose);
        try
        {
            SafetensorsWriter.Write(_weights, model.Tensors);
        }
        catch
        {
            _weights.Dispose();
            throw;
        }
    }

    /// <summary>Where the model was trained.</summary>
    public ComputeDevice Device { get; }

    /// <summary>The model as it is scored with; it can be loaded more than once.</summary>
    /// <param name="options">Threads and device to score with.</param>
    public HeldModel Load(ModelLoadOptions options)
    {
        _weights.Position = 0;
        return HeldModel.Read("trained model", _documents, _weights, options);
    }

    public void Dispose() => _weights.Dispose();
}
