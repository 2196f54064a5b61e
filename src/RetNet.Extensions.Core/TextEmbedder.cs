using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core;

/// <summary>Turns texts into vectors as the files of the model say: its prompt, its tokens, the pooled hidden states of the last layer, its
/// norm. Safe for concurrent calls.</summary>
/// <remarks>The vector of a text does not depend on the other texts.</remarks>
public sealed class TextEmbedder
{
    private readonly TextModel _model;
    private readonly SequenceEmbedder _embedder;

    /// <summary>Creates an embedder.</summary>
    /// <param name="model">The model, a language model or an encoder; it stays the caller's.</param>
    /// <param name="options">How texts are embedded; null for the defaults.</param>
    /// <param name="state">How a language model remembers; null for the defaults. An encoder has no state.</param>
    /// <exception cref="ArgumentException">An option is out of range, or names a prompt that the model does not have.</exception>
    public TextEmbedder(TextModel model, EmbeddingOptions? options = null, StateOptions? state = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new EmbeddingOptions();
        EmbeddingConfiguration files = model.Embedding;
        Pooling = options.Pooling ?? files.Pooling ?? EmbeddingPooling.Mean;
        Normalize = options.Normalize ?? files.Normalize ?? true;
        int width = model.Info.Width;
        if (options.Dimensions is { } dimensions && (dimensions < 1 || dimensions > width))
        {
            throw new ArgumentException($"{nameof(options.Dimensions)} is {dimensions}; the vectors of model '{model.Name}' have {width} "
                + $"values. Expected 1 to {width}, or null for all.", nameof(options));
        }

        if (options.MaxTokens < 1)
        {
            throw new ArgumentException($"{nameof(options.MaxTokens)} is {options.MaxTokens}; expected 1 or more, or null.",
                nameof(options));
        }

        _model = model;
        Prefix = FindPrefix(options, files, model.Name);
        int? most = options.MaxTokens ?? files.MaxTokens;
        int? context = model.Encoder?.Info.ContextLength;
        MaxTokens = context is null || most < context ? most : context;
        _embedder = model.Encoder is { } encoder
            ? new SequenceEmbedder(encoder, Pooling, Normalize, options.Dimensions)
            : new SequenceEmbedder(model.Model, state, Pooling, Normalize, options.Dimensions);
    }

    /// <summary>The length of the vectors.</summary>
    public int Dimensions => _embedder.Dimensions;

    /// <summary>How the hidden states of a text's tokens become one vector: as the options say, else the model's files, else <see
    /// cref="EmbeddingPooling.Mean"/>.</summary>
    public EmbeddingPooling Pooling { get; }

    /// <summary>Whether vectors are scaled to length 1 (L2): as the options say, else the model's files, else true.</summary>
    public bool Normalize { get; }

    /// <summary>What is put before each text: as the options say, else the default prompt of the model's files, else nothing.</summary>
    public string Prefix { get; }

    /// <summary>The most tokens that are read of a text with its prompt: as the options say, else the model's files, and never more than an
    /// encoder reads; null for any number.</summary>
    public int? MaxTokens { get; }

    /// <summary>The tokens of a text, with its prompt and those that the tokenizer puts around it. Where they are too many for the model,
    /// or for <see cref="EmbeddingOptions.MaxTokens"/>, the end of the text is left out, as sentence-transformers does; the tokens after it
    /// stay.</summary>
    /// <param name="text">The text. Control tokens written in it are recognised.</param>
    /// <param name="isCut">Whether the end of the text was left out.</param>
    /// <returns>The tokens; empty only if the text has none and the model names no token that begins or ends a text.</returns>
    /// <exception cref="Tokenizers.TokenizerException">As for <see cref="TextModel.EncodePrompt"/>.</exception>
    public int[] Encode(string text, out bool isCut)
    {
        ArgumentNullException.ThrowIfNull(text);
        int[] tokens = _model.EncodePrompt(Prefix + text);
        int most = MaxTokens ?? int.MaxValue;
        isCut = tokens.Length > most;
        if (!isCut)
            return tokens;
        int after = Math.Min(_model.Tokenizer.TokensAfter, most);
        return [.. tokens[..(most - after)], .. tokens[^after..]];
    }

    /// <summary>Bytes that states have at most while texts are embedded; 0 for an encoder, which has none.</summary>
    /// <param name="texts">What <see cref="Encode"/> gave.</param>
    public long StateBytes(IReadOnlyList<int[]> texts) => _embedder.StateBytes(texts);

    /// <summary>Embeds texts by their tokens. Their states count in no budget: <see cref="StateBytes"/> is what to reserve in <see
    /// cref="TextModel.Budget"/>.</summary>
    /// <param name="texts">What <see cref="Encode"/> gave; a text without tokens becomes zeros.</param>
    /// <param name="cancellationToken">Observed between blocks of a forward.</param>
    /// <returns><c>[texts][dimensions]</c>.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public float[][] Embed(IReadOnlyList<int[]> texts, CancellationToken cancellationToken = default) =>
        _embedder.Embed(texts, countsStates: false, cancellationToken);

    /// <summary>Embeds texts, as <see cref="Encode"/> and then <see cref="Embed"/> do, on all
    /// threads of the model.</summary>
    /// <param name="texts">The texts. Control tokens written in them are recognised.</param>
    /// <param name="cancellationToken">Observed between blocks of a forward.</param>
    /// <returns><c>[texts][dimensions]</c>.</returns>
    /// <exception cref="Tokenizers.TokenizerException">As for <see cref="Encode"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public float[][] EmbedTexts(IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return _embedder.EmbedEach(texts.Count, text => Encode(texts[text], out _), cancellationToken);
    }

    private static string FindPrefix(EmbeddingOptions options, EmbeddingConfiguration files, string model)
    {
        if (options.Prefix is { } prefix)
        {
            return options.Prompt is null ? prefix : throw new ArgumentException(
                $"{nameof(options.Prompt)} is '{options.Prompt}' and {nameof(options.Prefix)} is '{prefix}'; expected one of them.",
                nameof(options));
        }

        if ((options.Prompt ?? files.DefaultPrompt) is not { } name)
            return "";
        return files.Prompts.TryGetValue(name, out string? prompt) ? prompt : throw new ArgumentException(
            $"{nameof(options.Prompt)} is '{name}'; expected a prompt of model '{model}': "
            + $"{(files.Prompts.Count == 0 ? "it has none" : string.Join(", ", files.Prompts.Keys))}.", nameof(options));
    }
}
