using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Models;

/// <summary>A model with everything that is needed to save it: the documents of its folder and its checkpoint.</summary>
/// <param name="name">The name of the model in errors.</param>
/// <param name="documents">The documents.</param>
/// <param name="checkpoint">The weights; the model owns them from here on, also when loading fails.</param>
/// <param name="options">How the model is loaded.</param>
internal sealed class HeldModel(string name, ModelDocuments documents, Checkpoint checkpoint, ModelLoadOptions options) : IDisposable
{
    private const string ArchivedName = "model archive";

    public TextModel Text { get; } = TextModel.FromCheckpoint(name, documents, checkpoint, options);

    /// <summary>Opens a Hugging Face folder, a .safetensors file in one, or a .gguf file. The weights stay open and are read again when the
    /// model is saved; a file of them that has changed is refused then.</summary>
    public static HeldModel Open(string path, ModelLoadOptions options)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        ModelDocuments documents = ModelDocuments.Read(path);
        return new HeldModel(NameOf(path), documents, checkpoint.Share(), options);
    }

    /// <summary>The name in errors of the model at a path: its folder, or the .gguf file.</summary>
    public static string NameOf(string path) => path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)
        ? Path.GetDirectoryName(Path.GetFullPath(path))!
        : path;

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
            ToolChatTemplate = archive.ReadOptional(ArchiveNames.ToolChatTemplate),
            GenerationConfiguration = archive.ReadOptional(ArchiveNames.GenerationConfiguration),
            SentenceTransformer = archive.ReadOptional(ArchiveNames.SentenceTransformer),
        };
        return archive.Read(ArchiveNames.Weights, stream =>
            new HeldModel(ArchivedName, documents, Checkpoint.FromMemory(ArchivedName, documents.Configuration, stream), options));
    }

    /// <summary>Adds the model to an archive.</summary>
    /// <returns>The archive.</returns>
    public ArchiveWriter Write(ArchiveWriter archive) => archive
        .AddDocument(ArchiveNames.Configuration, documents.Configuration)
        .AddDocument(ArchiveNames.Tokenizer, documents.Tokenizer)
        .AddDocument(ArchiveNames.TokenizerConfiguration, documents.TokenizerConfiguration)
        .AddDocument(ArchiveNames.ChatTemplate, documents.ChatTemplate)
        .AddDocument(ArchiveNames.ToolChatTemplate, documents.ToolChatTemplate)
        .AddDocument(ArchiveNames.GenerationConfiguration, documents.GenerationConfiguration)
        .AddDocument(ArchiveNames.SentenceTransformer, documents.SentenceTransformer)
        .Add(ArchiveNames.Weights, WriteWeights);

    /// <summary>The weights as they are stored. They can be read until the caller disposes them, even if the model is disposed
    /// meanwhile.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed before.</exception>
    public Checkpoint ShareWeights() => checkpoint.Share();

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
    public void CheckState(StateOptions options)
    {
        if (Text.Encoder is null)
            Text.Model.CreateState(options).Dispose();
    }

    /// <summary>Releases the weights, as soon as nothing uses them.</summary>
    public void Dispose() => Text.Dispose();

    private void WriteWeights(Stream stream)
    {
        using Checkpoint weights = ShareWeights();
        weights.WriteWeights(stream);
    }
}
