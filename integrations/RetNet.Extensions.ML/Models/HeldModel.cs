using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Models;

/// <summary>A model with everything that is needed to save it: the documents of its folder and its checkpoint.</summary>
internal sealed class HeldModel : IDisposable
{
    private HeldModel(ModelDocuments documents, Checkpoint checkpoint, TextModel text) =>
        (Documents, Checkpoint, Text) = (documents, checkpoint, text);

    public ModelDocuments Documents { get; }

    /// <summary>The stored weights; the model owns them.</summary>
    public Checkpoint Checkpoint { get; }

    public TextModel Text { get; }

    /// <summary>Opens a Hugging Face folder, a .safetensors file in one, or a .gguf file. The files are not needed for saving later, but
    /// must not change meanwhile.</summary>
    public static HeldModel Open(string path, ModelLoadOptions options)
    {
        string name = path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)
            ? Path.GetDirectoryName(Path.GetFullPath(path))!
            : path;
        Checkpoint checkpoint = Checkpoint.Open(path);
        return Create(name, checkpoint, () => ModelDocuments.Read(path), options);
    }

    /// <summary>Makes a model of documents and weights in memory.</summary>
    /// <param name="name">The name of the model in errors.</param>
    /// <param name="documents">The documents.</param>
    /// <param name="weights">Content of model.safetensors.</param>
    /// <param name="options">How the model is loaded.</param>
    public static HeldModel Read(string name, ModelDocuments documents, Stream weights, ModelLoadOptions options) =>
        Create(name, Checkpoint.FromMemory(name, documents.Configuration, weights), () => documents, options);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">The archive is damaged.</exception>
    public static HeldModel Read(ArchiveReader archive, ModelLoadOptions options)
    {
        ModelDocuments documents = new()
        {
            Configuration = archive.ReadDocument(ArchiveNames.Configuration),
            Tokenizer = archive.ReadDocument(ArchiveNames.Tokenizer),
            TokenizerConfiguration = archive.ReadOptional(ArchiveNames.TokenizerConfiguration),
            ChatTemplate = archive.ReadOptional(ArchiveNames.ChatTemplate),
            GenerationConfiguration = archive.ReadOptional(ArchiveNames.GenerationConfiguration),
        };
        return archive.Read(ArchiveNames.Weights, stream => Read("model archive", documents, stream, options));
    }

    /// <summary>Adds the model to an archive.</summary>
    /// <returns>The archive.</returns>
    public ArchiveWriter Write(ArchiveWriter archive) => archive
        .AddDocument(ArchiveNames.Configuration, Documents.Configuration)
        .AddDocument(ArchiveNames.Tokenizer, Documents.Tokenizer)
        .AddDocument(ArchiveNames.TokenizerConfiguration, Documents.TokenizerConfiguration)
        .AddDocument(ArchiveNames.ChatTemplate, Documents.ChatTemplate)
        .AddDocument(ArchiveNames.GenerationConfiguration, Documents.GenerationConfiguration)
        .Add(ArchiveNames.Weights, WriteWeights);

    /// <summary>
    /// Writes the weights as a safetensors file, without loss: in bfloat16 if all weights are bfloat16, otherwise in float32.
    /// </summary>
    private void WriteWeights(Stream stream)
    {
        TensorView[] weights = [.. Checkpoint.Tensors.Values.Where(tensor => tensor.IsWeight)];
        TensorType type = weights.All(tensor => tensor.Type == TensorType.BFloat16) ? TensorType.BFloat16 : TensorType.Float32;
        SafetensorsWriter.Write(stream, weights.Select(Source), type);
    }

    /// <summary>Hands the model to its new owner; the model is disposed if the owner cannot be created.</summary>
    /// <param name="create">Makes the owner.</param>
    public TOwner HandTo<TOwner>(Func<HeldModel, TOwner> create)
    {
        try
        {
            return create(this);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Checks that the model supports the state options, before a text is read.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public void CheckState(StateOptions options) => Text.Model.CreateState(options).Dispose();

    /// <summary>Releases the weights, as soon as nothing uses them.</summary>
    public void Dispose() => Text.Dispose();

    private static HeldModel Create(string name, Checkpoint checkpoint, Func<ModelDocuments> read, ModelLoadOptions options)
    {
        ModelDocuments documents;
        try
        {
            documents = read();
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }

        return new HeldModel(documents, checkpoint, TextModel.FromCheckpoint(name, documents, checkpoint, options));
    }

    private static TensorSource Source(TensorView tensor)
    {
        int[] shape = [.. tensor.Shape.ToArray().Select(dimension => checked((int)dimension))];
        return new TensorSource(tensor.Name, shape, () =>
        {
            float[] values = new float[tensor.ElementCount];
            tensor.CopyTo(values);
            return values;
        });
    }
}
