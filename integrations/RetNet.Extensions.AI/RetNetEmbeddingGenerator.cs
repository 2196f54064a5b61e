using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RetNet.Extensions.AI.Embeddings;
using RetNet.Extensions.AI.Requests;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.AI;

/// <summary>Embeds texts as the pooled hidden states of the last layer of a language model or an encoder. Safe for concurrent
/// requests.</summary>
/// <remarks>
/// A text for a language model may have any length; it is fed in pieces. The end of one that is too long for an encoder is left out, as
/// sentence-transformers does; <see cref="CutTexts"/> among the additional counts of the usage says how many were. The vector of a text
/// does not depend on the other texts of a request. A text without tokens is embedded as the token that begins a text, or the one that ends
/// it if the model names no beginning. Control tokens written in a text are recognised.
/// <see cref="EmbeddingGenerationOptions.RawRepresentationFactory"/> may return <see cref="RetNetEmbeddingOptions"/> for a single request.
/// What means nothing here is ignored and logged once: objects of other types, and other <see
/// cref="EmbeddingGenerationOptions.AdditionalProperties"/> than those below.
/// <para>
/// As many requests compute at the same time as half of the processors, and at least one; others wait, in any number. A request
/// whose <see cref="EmbeddingGenerationOptions.AdditionalProperties"/> have <c>refuse_when_busy</c> (true) is refused with a
/// <see cref="QueueFullException"/> where as many wait as the model's <see cref="RetNetOptions.MaxQueuedRequests"/>. States count in the
/// model's budget: a request waits until there is room for its states. <c>max_prompt_tokens</c>: a longer text is refused with a
/// <see cref="PromptLengthException"/>.
/// </para>
/// </remarks>
public sealed class RetNetEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>The name, among the additional counts of the usage, of the number of texts whose end was left out; absent for
    /// none.</summary>
    public const string CutTexts = "CutTexts";

    private readonly SharedModel _model;
    private readonly RetNetEmbeddingOptions _options;
    private readonly EmbeddingLine _line = new();
    private readonly RequestWarnings _warnings;

#pragma warning disable RS0026 // The types of the model tell the overloads apart.
    /// <summary>Creates a generator for a shared model, which is loaded by the first request.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="options">How texts are embedded; null for the defaults.</param>
    /// <param name="logger">Warns once of each key of <see cref="EmbeddingGenerationOptions.AdditionalProperties"/> that means nothing, and
    /// of raw options of another type.</param>
    public RetNetEmbeddingGenerator(
        SharedModel model, RetNetEmbeddingOptions? options = null, ILogger<RetNetEmbeddingGenerator>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _options = options ?? new RetNetEmbeddingOptions();
        _warnings = new RequestWarnings(logger ?? (ILogger)NullLogger.Instance, model.Name);
    }

    /// <summary>Creates a generator for a loaded model.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="options">How texts are embedded; null for the defaults.</param>
    /// <param name="logger">As for the other constructor.</param>
    public RetNetEmbeddingGenerator(
        TextModel model, RetNetEmbeddingOptions? options = null, ILogger<RetNetEmbeddingGenerator>? logger = null)
        : this(new SharedModel(model), options, logger)
    {
    }
#pragma warning restore RS0026

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The options ask for another model or for more dimensions than the model's
    /// width.</exception>
    /// <exception cref="ArgumentException">An option is out of range, a text is null, or without tokens where the model names no token that
    /// begins or ends a text.</exception>
    /// <exception cref="PromptLengthException">A text has more tokens than <c>max_prompt_tokens</c>.</exception>
    /// <exception cref="QueueFullException">Too many requests wait, and <c>refuse_when_busy</c> is set.</exception>
    /// <exception cref="StateBudgetException">The states of the texts would not fit the whole budget of the model.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        LoadedModel model = await _model.GetAsync(cancellationToken).ConfigureAwait(false);
        bool refuses = new RequestProperties(options?.AdditionalProperties).RefusesWhenBusy();
        await _line.EnterAsync(_model.Name, refuses ? model.TextModel.Scheduling.MaxQueue : null, cancellationToken).ConfigureAwait(false);
        try
        {
#pragma warning disable RS0030 // Both parts compute all the time; nothing of them waits, and the caller's thread is not used.
            EncodedTexts texts = await Task.Run(() => Encode(model, values, options, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
            List<float[]> vectors = [];
            MemoryBudget budget = model.TextModel.Budget;
            foreach (IReadOnlyList<int[]> some in texts.Within(budget))
            {
                long bytes = texts.Embedder.StateBytes(some);
                using IDisposable room = await budget.ReserveAsync(bytes, cancellationToken).ConfigureAwait(false);
                vectors.AddRange(await Task.Run(() => texts.Embedder.Embed(some, cancellationToken), cancellationToken)
                    .ConfigureAwait(false));
            }
#pragma warning restore RS0030

            return Result(texts, vectors);
        }
        finally
        {
            _line.Leave();
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Without a key: <see cref="EmbeddingGeneratorMetadata"/> (with the number of dimensions once the model is loaded), this generator,
    /// its <see cref="SharedModel"/>, or its <see cref="TextModel"/> once it is loaded.
    /// </remarks>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        if (serviceType == typeof(EmbeddingGeneratorMetadata))
            return new EmbeddingGeneratorMetadata("retnet", null, _model.Name, Dimensions());
        if (serviceType.IsInstanceOfType(this))
            return this;
        if (serviceType == typeof(SharedModel))
            return _model;
        return serviceType == typeof(TextModel) ? _model.Loaded?.TextModel : null;
    }

    /// <summary>Does nothing, because the generator does not own the model.</summary>
    public void Dispose()
    {
    }

    private int? Dimensions() => _model.Loaded is { } loaded ? _options.Dimensions ?? loaded.TextModel.Info.Width : null;

    private EncodedTexts Encode(
        LoadedModel loaded, IEnumerable<string> values, EmbeddingGenerationOptions? options, CancellationToken cancellationToken)
    {
        ChatOptionsMapping.RefuseOtherModel(options?.ModelId, _model.Name);
        TextModel model = loaded.TextModel;
        int width = model.Info.Width;
        if (options?.Dimensions is { } dimensions && (dimensions < 1 || dimensions > width))
        {
            throw new NotSupportedException($"{nameof(options.Dimensions)} is {dimensions}; the vectors of model '{_model.Name}' have "
                + $"{width} values. Expected 1 to {width}, or null for all.");
        }

        _warnings.Unknown(new RequestProperties(options?.AdditionalProperties).UnknownToEmbeddings);
        RetNetEmbeddingOptions how =
            _warnings.Raw<RetNetEmbeddingOptions>(options?.RawRepresentationFactory?.Invoke(this)) ?? _options;
        TextEmbedder embedder = new(model, how.With(options?.Dimensions), loaded.DefaultOptions.State);
        int? most = new RequestProperties(options?.AdditionalProperties).MaxPromptTokens();
        List<int[]> texts = [];
        int cut = 0;
        foreach (string value in values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] encoded = embedder.Encode(
                value ?? throw new ArgumentException($"Text {texts.Count} is null.", nameof(values)), out bool isCut);
            if (encoded.Length > most)
            {
                throw new PromptLengthException(encoded.Length, most.Value,
                    $"Text {texts.Count} has {encoded.Length} tokens, more than the {most} that are allowed.");
            }

            texts.Add(TextEncoding.RequireTokens(model, encoded));
            cut += isCut ? 1 : 0;
        }

        return new EncodedTexts(embedder, texts, cut);
    }

    private GeneratedEmbeddings<Embedding<float>> Result(EncodedTexts texts, List<float[]> vectors)
    {
        long tokens = texts.Tokens.Sum(text => (long)text.Length);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return new(vectors.Select(vector => new Embedding<float>(vector) { ModelId = _model.Name, CreatedAt = now }))
        {
            Usage = new UsageDetails
            {
                InputTokenCount = tokens,
                TotalTokenCount = tokens,
                AdditionalCounts = texts.Cut > 0 ? new() { [CutTexts] = texts.Cut } : null,
            },
        };
    }
}
