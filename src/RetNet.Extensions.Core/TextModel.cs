using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Gguf;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Encoder;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core;

/// <summary>A model ready for text: the language model or the encoder, its tokenizer, its chat template and its defaults.</summary>
public sealed class TextModel : IDisposable
{
    private readonly LanguageModel? _model;
    private readonly BatchScheduler? _scheduler;

    private TextModel(
        string name, LanguageModel? model, EncoderModel? encoder, Tokenizer tokenizer, GenerationOptions defaults,
        EmbeddingConfiguration embedding, BatchSchedulerOptions? scheduling)
    {
        (Name, _model, Encoder, Tokenizer, DefaultOptions, Embedding) = (name, model, encoder, tokenizer, defaults, embedding);
        Scheduling = scheduling ?? new BatchSchedulerOptions();
        Chat = new ChatEncoder(tokenizer);
        _scheduler = model is { Info.HasHead: true } ? new BatchScheduler(model, tokenizer, Scheduling) : null;
        Budget = _scheduler?.Budget ?? Scheduling.CreateBudget();
    }

    /// <summary>The folder's name, the .gguf file's without its extension, or the name that was given to a model in memory.</summary>
    public string Name { get; }

    /// <summary>The language model.</summary>
    /// <exception cref="NotSupportedException">The model is an encoder.</exception>
    public LanguageModel Model => _model ?? throw OnlyEmbeds();

    /// <summary>Whether the model writes texts. An encoder and a language model without a head (<see cref="ModelInfo.HasHead"/>) only embed
    /// them.</summary>
    public bool GeneratesText => _scheduler is not null;

    /// <summary>The encoder, which embeds texts and generates none; null for a language model.</summary>
    public EncoderModel? Encoder { get; }

    /// <summary>Facts about the language model or the encoder.</summary>
    public ModelInfo Info => _model?.Info ?? Encoder!.Info;

    /// <summary>The tokenizer. It may have added tokens beyond the model's vocabulary, such as those of pictures: they are none of its
    /// <see cref="Tokenizer.VocabularySize"/>, and a text with one is refused.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The model's own chat template, if it has one.</summary>
    public ChatTemplate? ChatTemplate => Chat.Template;

    /// <summary>Turns conversations into tokens by <see cref="ChatTemplate"/>.</summary>
    public ChatEncoder Chat { get; }

    /// <summary>
    /// Sampling, length and stop tokens as generation_config.json says, greedy where there is none. The stop tokens are the
    /// end-of-sequence tokens of generation_config.json, config.json and tokenizer_config.json together.
    /// </summary>
    public GenerationOptions DefaultOptions { get; }

    /// <summary>Generates the texts of concurrent requests together. Disposed with the model; what runs then ends with an
    /// <see cref="OperationCanceledException"/>.</summary>
    /// <exception cref="NotSupportedException">The model only embeds texts, see <see cref="GeneratesText"/>.</exception>
    public BatchScheduler Scheduler => _scheduler ?? throw OnlyEmbeds();

    /// <summary>The limits of <see cref="Scheduler"/>, which whoever embeds texts for many requests keeps to as well.</summary>
    public BatchSchedulerOptions Scheduling { get; }

    /// <summary>What the states of the model count in.</summary>
    public MemoryBudget Budget { get; }

    /// <summary>How the model's files say that it embeds texts.</summary>
    internal EmbeddingConfiguration Embedding { get; }

    /// <summary>Loads a Hugging Face folder or a .gguf file: a language model or an encoder.</summary>
    /// <remarks>All weights are copied into memory of their own, so that the files may change or go afterwards. A file that changes while
    /// it is read is refused.</remarks>
    /// <param name="path">The folder: config.json, safetensors weights, tokenizer.json, and where they exist tokenizer_config.json and
    /// generation_config.json; or the .safetensors file in it; or a .gguf file, which has all of that in its metadata.</param>
    /// <param name="options">How the weights are loaded; null for the defaults.</param>
    /// <param name="scheduling">The limits of <see cref="Scheduler"/>; null for the defaults.</param>
    /// <returns>The model. Dispose it to release the weights.</returns>
    /// <exception cref="CheckpointException">The checkpoint or generation_config.json is missing or malformed, or of a family that is not
    /// supported, or the tokenizer has tokens that the model has not and that are no added ones.</exception>
    /// <exception cref="TokenizerException">The tokenizer is missing or malformed.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static TextModel Load(string path, ModelLoadOptions? options = null, BatchSchedulerOptions? scheduling = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        scheduling?.Validate();
        bool isGguf = GgufFile.IsNamed(path);
        string source = isGguf ? path : ModelDocuments.Folder(path);
        string name = isGguf
            ? GgufFile.NameOf(path)
            : Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(source)));
        return Create(name, source, ModelDocuments.ReadTokenizer(path), Checkpoint.Open(path), keepsCheckpoint: false, options, scheduling);
    }

    /// <summary>Creates a model out of parts that lie in memory, such as in the entries of a zip archive.</summary>
    /// <param name="name">The model's name, also in errors, where its parts are named as if it were a folder.</param>
    /// <param name="documents">config.json, tokenizer.json and where they exist the other documents.</param>
    /// <param name="weights">Content of model.safetensors; what follows the last tensor is not read.</param>
    /// <param name="options">How the weights are loaded; null for the defaults.</param>
    /// <returns>The model. Dispose it to release the weights.</returns>
    /// <exception cref="CheckpointException">As for <see cref="Load"/>.</exception>
    /// <exception cref="TokenizerException">As for <see cref="Load"/>.</exception>
    public static TextModel FromMemory(string name, ModelDocuments documents, Stream weights, ModelLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(documents);
        return FromCheckpoint(name, documents, Checkpoint.FromMemory(name, documents.Configuration, weights), options);
    }

    /// <summary>Makes a model of an open checkpoint and the documents that belong to it.</summary>
    /// <param name="name">What the model is called, by errors too.</param>
    /// <param name="documents">tokenizer.json and where they exist the other documents.</param>
    /// <param name="checkpoint">The checkpoint; the model owns it from here on, also when this fails. Its tensors can be read until the
    /// model is disposed.</param>
    /// <param name="options">How the weights are loaded; null for the defaults.</param>
    /// <param name="scheduling">The limits of <see cref="Scheduler"/>; null for the defaults.</param>
    /// <returns>The model. Dispose it to release the weights.</returns>
    /// <exception cref="CheckpointException">As for <see cref="Load"/>.</exception>
    /// <exception cref="TokenizerException">As for <see cref="Load"/>.</exception>
    public static TextModel FromCheckpoint(
        string name, ModelDocuments documents, Checkpoint checkpoint, ModelLoadOptions? options = null,
        BatchSchedulerOptions? scheduling = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(checkpoint);
        return Create(name, name, documents, checkpoint, keepsCheckpoint: true, options, scheduling);
    }

    /// <summary>Reads the documents of a model for training, and checks all of them, so that no training is lost because the
    /// trained model cannot be loaded with them.</summary>
    /// <param name="name">The name of the model in errors.</param>
    /// <param name="documents">As for <see cref="FromCheckpoint"/>.</param>
    /// <param name="model">The model.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="CheckpointException">As for <see cref="Load"/>.</exception>
    /// <exception cref="TokenizerException">As for <see cref="Load"/>.</exception>
    public static Tokenizer ReadTokenizer(string name, ModelDocuments documents, TrainableModel model)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(model);
        Tokenizer tokenizer = Tokenizer.Parse(documents, name).Within(model.VocabularySize);
        GenerationDefaults.Parse(documents.GenerationConfiguration, name, model.VocabularySize, model.EndOfSequenceIds, tokenizer);
        return tokenizer;
    }

    /// <summary>The token that begins a text, if the tokenizer or the model's configuration names one.</summary>
    public int? BeginningOfSequenceId => Tokenizer.BeginningOfSequenceId ?? Info.BeginningOfSequenceId;

    /// <summary>The token that ends a text, if the tokenizer or the model's configuration names one.</summary>
    public int? EndOfSequenceId => Tokenizer.EndOfSequenceId ?? Info.EndOfSequenceIds.Cast<int?>().FirstOrDefault();

    /// <summary>The tokens of a text that is continued or embedded, with those that the tokenizer puts around it. A text without tokens
    /// becomes <see cref="BeginningOfSequenceId"/>, or else <see cref="EndOfSequenceId"/>.</summary>
    /// <param name="text">The text. Control tokens written in it are recognised.</param>
    /// <returns>The tokens; empty only if the text has none and the model names neither token.</returns>
    /// <exception cref="TokenizerException">As for <see cref="Tokenizer.Encode(string, bool)"/>.</exception>
    public int[] EncodePrompt(string text)
    {
        int[] tokens = Tokenizer.Encode(text);
        return tokens.Length == 0 && (BeginningOfSequenceId ?? EndOfSequenceId) is { } token ? [token] : tokens;
    }

    /// <summary>A generator for one thread of control.</summary>
    /// <returns>The generator.</returns>
    /// <exception cref="NotSupportedException">The model only embeds texts, see <see cref="GeneratesText"/>.</exception>
    public Generator CreateGenerator() => GeneratesText ? new(Model, Tokenizer) : throw OnlyEmbeds();

    /// <summary>Releases the weights, as soon as no forward uses them.</summary>
    public void Dispose()
    {
        _scheduler?.Dispose();
        _model?.Dispose();
        Encoder?.Dispose();
    }

    // Errors name the documents as files of the source. The checkpoint is the model's from here on.
    private static TextModel Create(
        string name, string source, ModelDocuments documents, Checkpoint checkpoint, bool keepsCheckpoint, ModelLoadOptions? options,
        BatchSchedulerOptions? scheduling)
    {
        EncoderModel? encoder = null;
        LanguageModel? model = null;
        try
        {
            ModelFamily.RequireNoForecaster(checkpoint);

            // Beside the weights: in a model of some million parameters either takes about as long.
            using SideWork<Tokenizer> reading = new("Tokenizer", () => Tokenizer.Parse(documents, source));
            if (EncoderModel.IsIn(checkpoint))
                encoder = EncoderModel.Load(checkpoint, options);
            else
                model = LanguageModel.Load(checkpoint, options);
            if (!keepsCheckpoint)
            {
                model?.CloseCheckpoint();
                encoder?.CloseCheckpoint();
            }

            ModelInfo info = model?.Info ?? encoder!.Info;
            Tokenizer tokenizer = reading.Wait().Within(info.VocabularySize);
            GenerationOptions defaults = GenerationDefaults.Parse(
                documents.GenerationConfiguration, source, info.VocabularySize, info.EndOfSequenceIds, tokenizer);
            EmbeddingConfiguration embedding = EmbeddingConfiguration.Parse(documents.SentenceTransformer, source);
            return new TextModel(name, model, encoder, tokenizer, defaults, embedding, scheduling);
        }
        catch
        {
            checkpoint.Dispose();
            model?.Dispose();
            encoder?.Dispose();
            throw;
        }
    }

    private NotSupportedException OnlyEmbeds()
    {
        string kind = Encoder is null ? "has no head" : "is an encoder";
        return new NotSupportedException(
            $"Model '{Name}' {kind} ({Info.Architecture}), which embeds texts and generates none; expected a language model.");
    }
}
