using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Files;

/// <summary>Writes models as Hugging Face folders, which this library and transformers read.</summary>
internal static class ModelFolder
{
    /// <summary>Writes a model: model.safetensors and the documents that have content.</summary>
    /// <param name="folder">The folder; it is created if need be. Other files in it stay.</param>
    /// <param name="documents">The documents, config.json among them.</param>
    /// <param name="weights">The tensors under the architecture's own names.</param>
    /// <param name="type">How weights are stored: <see cref="TensorType.Float32"/> or <see cref="TensorType.BFloat16"/>.</param>
    /// <remarks>All files are written before the first is replaced, each as a whole, config.json last: a folder that has one is complete.
    /// </remarks>
    /// <exception cref="ArgumentException">The weights cannot be written, see <see cref="SafetensorsWriter"/>.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(
        string folder, ModelDocuments documents, IEnumerable<TensorSource> weights, TensorType type = TensorType.Float32)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(documents);
        Directory.CreateDirectory(folder);
        List<(string, Action<Stream>)> files =
            [(Path.Combine(folder, FileNames.Weights), stream => SafetensorsWriter.Write(stream, weights, type))];
        foreach ((string file, ReadOnlyMemory<byte> content) in documents.Files.Where(document => !document.Content.IsEmpty))
        {
            string path = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            files.Add((path, stream => stream.Write(content.Span)));
        }

        AtomicFile.Write(files);
    }
}
