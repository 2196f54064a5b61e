using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Gguf;
using RetNet.Extensions.Core.Tokenizers.Decoding;
using RetNet.Extensions.Core.Tokenizers.Models;
using RetNet.Extensions.Core.Tokenizers.Text;
using RetNet.Extensions.Core.Tokenizers.Training;

namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>
/// A tokenizer as a tokenizer.json of the Hugging Face tokenizers library describes it, with the same ids: byte-pair encoding, byte-level
/// (GPT-2, Llama-3, Qwen) and SentencePiece style (Llama-2, Mistral), WordPiece (BERT), and Unigram
/// (T5, XLM-RoBERTa). Thread-safe.
/// </summary>
/// <remarks>
/// Differences from the library: an added token keeps the id that the file gives it; <c>truncation</c>, <c>padding</c> and dropout are not
/// applied; characters assigned after Unicode 8 may be classed, composed and lower-cased by the newer tables of Unicode 16, which are
/// the same on every host. Regular expressions from the file have two seconds and ten microseconds per character for a text. A Strip
/// normalizer that removes white space at the start does not keep Metaspace's "first" from acting there.
/// </remarks>
public sealed class Tokenizer
{
    private readonly TokenizerParts _parts;
    private readonly AddedTokenMatcher? _matcher;
    private readonly AddedTokenMatcher? _normalizedMatcher;
    private readonly bool _normalizedSpecials;

    private Tokenizer(TokenizerParts parts, TokenizerSettings settings, int vocabularySize)
    {
        _parts = parts;
        Settings = settings;
        VocabularySize = vocabularySize;
        _matcher = Matcher([.. parts.AddedTokens.Where(token => !token.Normalized).Select(token => (token.Content, token))]);
        TextLimits limits = new(parts.AddedTokens.Sum(token => (long)token.Content.Length), TextLimits.GrowthOfVocabulary);
        _normalizedMatcher = Matcher(
            [.. parts.AddedTokens.Where(token => token.Normalized).Select(token => (NormalizedContent(token, limits), token))]);
        _normalizedSpecials = parts.AddedTokens.Any(token => token.Normalized && token.Special);
        BeginningOfSequenceId = FindNamed(settings.BeginningOfSequence);
        EndOfSequenceId = FindNamed(settings.EndOfSequence);
        PaddingId = FindNamed(settings.Padding);
    }

    /// <summary>The highest id plus one. An id below it may have no token where the file leaves a gap. The tokenizer of a
    /// <see cref="TextModel"/> ends where the model's vocabulary does.</summary>
    public int VocabularySize { get; }

    /// <summary>The token that begins a text (<c>bos_token</c> of tokenizer_config.json), if there is one.</summary>
    public int? BeginningOfSequenceId { get; }

    /// <summary>The token that ends a text or turn (<c>eos_token</c>), if there is one.</summary>
    public int? EndOfSequenceId { get; }

    /// <summary>The token that fills up a batch (<c>pad_token</c>), if there is one.</summary>
    public int? PaddingId { get; }

    /// <summary>How many tokens the file's post-processor puts after a text.</summary>
    internal int TokensAfter => _parts.IdsAfter.Count;

    /// <summary>The file in errors.</summary>
    internal string FileName => _parts.FileName;

    /// <summary>The bytes that each token contributes to a text.</summary>
    internal TokenTable Table => _parts.Table;

    /// <summary>What tokenizer_config.json and chat_template.jinja say.</summary>
    internal TokenizerSettings Settings { get; }

    /// <summary>Reads a tokenizer.json, and tokenizer_config.json and chat_template.jinja beside it where they exist; or the same from the
    /// metadata of a .gguf file. A folder without a tokenizer.json may have a tokenizer.model (SentencePiece), vocab.json and merges.txt
    /// (GPT-2, Qwen 2, RoBERTa), or vocab.txt (BERT).</summary>
    /// <param name="path">The file, the folder that holds it, or a .safetensors file in that folder.</param>
    /// <exception cref="TokenizerException">A file is absent, malformed, or uses an unsupported construct.</exception>
    /// <exception cref="CheckpointException">The .gguf file is absent, malformed, or uses an unsupported construct.</exception>
    public static Tokenizer Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (GgufFile.IsNamed(path))
            return Parse(ModelDocuments.ReadTokenizer(path), path);
        if (path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
            path = ModelDocuments.Folder(path);
        string file = Directory.Exists(path) ? Path.Combine(path, FileNames.Tokenizer) : path;
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        try
        {
            if (Directory.Exists(path) && !Path.Exists(file)
                && ModelDocuments.ReadTokenizer(path) is { Tokenizer.IsEmpty: false } documents)
            {
                return Parse(documents, path);
            }

            ReadOnlyMemory<byte> content = RegularFile.Read(file, ModelDocuments.MaximumLength);
            ModelDocuments settings = ModelDocuments.ReadSettings(folder);
            return Create(TokenizerReader.Read(content, file),
                TokenizerSettings.Parse(settings, folder));
        }
        catch (CheckpointException exception)
        {
            throw new TokenizerException(exception.File, "", exception.Found, exception.Expected, exception);
        }
    }

    /// <summary>Reads a tokenizer.json from memory. It then has no chat template and no named tokens.</summary>
    /// <param name="utf8Json">The file's content.</param>
    /// <param name="fileName">Its name in errors.</param>
    /// <exception cref="TokenizerException">The content is malformed, or uses an unsupported construct.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> utf8Json, string fileName) =>
        Create(TokenizerReader.Read(utf8Json, fileName), TokenizerSettings.None);

    /// <summary>Reads a tokenizer from the documents of a model in memory: its named tokens and its chat template too.</summary>
    /// <param name="documents">The documents, tokenizer.json among them.</param>
    /// <param name="name">The name of the model in errors; its documents are named as if it were a folder.</param>
    /// <exception cref="TokenizerException">There is no tokenizer.json, or a document is malformed or uses an unsupported
    /// construct.</exception>
    public static Tokenizer Parse(ModelDocuments documents, string name)
    {
        ArgumentNullException.ThrowIfNull(documents);
        string file = $"{name}/{FileNames.Tokenizer}";
        if (documents.Tokenizer.IsEmpty)
            throw new TokenizerException(file, "", "no file, or an empty one", "a tokenizer.json");
        return Create(TokenizerReader.Read(documents.Tokenizer, file),
            TokenizerSettings.Parse(documents, name));
    }

    /// <summary>The tokenizer that was trained.</summary>
    /// <param name="trained">What <see cref="BytePairTrainer"/> made.</param>
    /// <returns>The tokenizer that a model folder with its documents gives.</returns>
    public static Tokenizer Parse(TrainedTokenizer trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        return Create(TokenizerReader.Read(trained.TokenizerJson, "trained tokenizer"),
            TokenizerSettings.Parse(
                new ModelDocuments { Configuration = default, TokenizerConfiguration = trained.TokenizerConfigurationJson },
                "trained tokenizer"));
    }

    /// <summary>The ids of a text. Added tokens written in it, control tokens too, are recognised; use a <c>ChatEncoder</c> for
    /// text that users write.</summary>
    /// <param name="text">Any text; a lone surrogate counts as U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether the tokens that the file's post-processor puts around a text are added.</param>
    /// <exception cref="TokenizerException">A regular expression of the file took longer than its time limit, or its normalizer made the
    /// text absurdly long, or the text has a character for which the file has no token, or a token beyond the model's
    /// vocabulary.</exception>
    public int[] Encode(string text, bool addSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encode(MarkedText.Trusted(text), addSpecialTokens);
    }

    /// <summary>The text of some ids. An id that the vocabulary does not have contributes nothing; bytes that are not UTF-8 become
    /// U+FFFD.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="skipSpecialTokens">Whether control tokens are left out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true)
    {
        StreamingTextDecoder decoder = CreateDecoder(skipSpecialTokens);
        StringBuilder text = new(4 * ids.Length);
        foreach (int id in ids)
        {
            decoder.Add(id);
            text.Append(decoder.Read());
        }

        return text.Append(decoder.Flush()).ToString();
    }

    /// <summary>A decoder for ids that arrive one by one.</summary>
    /// <param name="skipSpecialTokens">Whether control tokens are left out.</param>
    internal StreamingTextDecoder CreateDecoder(bool skipSpecialTokens = true) => new(_parts.Table, skipSpecialTokens, []);

    /// <summary>A decoder that leaves out control tokens but some.</summary>
    internal StreamingTextDecoder CreateDecoder(IReadOnlyList<int> visible) => new(_parts.Table, skipSpecialTokens: true, visible);

    /// <summary>The vocabulary's own spelling of a token, such as <c>Ġthe</c>.</summary>
    /// <param name="id">The id.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public string TokenText(int id) =>
        ((uint)id < (uint)VocabularySize ? _parts.Vocabulary.Tokens[id] : null)
        ?? throw new ArgumentOutOfRangeException(nameof(id), id, $"No token of {_parts.FileName} has this id.");

    /// <summary>The bytes of UTF-8 that a token writes in the middle of a text: several characters, one, or a part of one.</summary>
    /// <param name="id">The id.</param>
    /// <returns>The bytes; none for an id that is no token. Those of a control token are its name, which texts leave out.</returns>
    public byte[] TokenBytes(int id) =>
        id >= VocabularySize || _parts.Table.Kind(id) == TokenKind.None ? [] : _parts.Table.Bytes(id, isFirst: false).ToArray();

    /// <summary>The id of a token in the vocabulary's own spelling, or null.</summary>
    /// <param name="token">The token, such as <c>Ġthe</c>.</param>
    public int? TokenId(string token) => _parts.Vocabulary.Find(token) is int id && id < VocabularySize ? id : null;

    /// <summary>Whether an id is a control token. An id without a token is not.</summary>
    /// <param name="id">The id.</param>
    public bool IsSpecial(int id) => id < VocabularySize && _parts.Table.IsSpecial(id);

    /// <summary>The ids of a text in which special tokens are recognised only where none of their characters came from outside.</summary>
    internal int[] Encode(MarkedText text, bool addSpecialTokens)
    {
        List<int> ids = new(text.Length / 3 + 8);
        if (addSpecialTokens)
            ids.AddRange(_parts.IdsBefore);
        try
        {
            TextLimits limits = new(text.Length);
            List<Piece> pieces = ExtractAddedTokens(ReplaceLoneSurrogates(text), limits);
            foreach (Piece piece in _parts.PreTokenizer?.Apply(pieces, limits) ?? pieces)
            {
                if (piece.IsToken)
                    ids.Add(piece.Id);
                else
                    _parts.Model.Encode(piece.Text.Span, ids);
            }
        }
        catch (TextTimeException e)
        {
            throw TooSlow(_parts, e);
        }
        catch (TextGrowthException e)
        {
            throw TooLong(_parts, e);
        }
        catch (UnknownTextException e)
        {
            throw new TokenizerException(
                _parts.FileName, "model", "no token for unknown characters", "one that unk_id or unk_token names", e);
        }

        if (addSpecialTokens)
            ids.AddRange(_parts.IdsAfter);
        RequireInside(ids);
        return [.. ids];
    }

    /// <summary>The tokenizer of a model whose vocabulary may end before some added tokens, as that of Gemma 3 1B does before the token of
    /// pictures. They are no tokens of it, and a text with one is refused.</summary>
    /// <param name="vocabularySize">The model's number of tokens.</param>
    /// <exception cref="CheckpointException">Other tokens are beyond, or those around a text: it is the tokenizer of another
    /// model.</exception>
    internal Tokenizer Within(int vocabularySize)
    {
        string?[] tokens = _parts.Vocabulary.Tokens;
        if (tokens.Length <= vocabularySize)
            return this;
        HashSet<int> added = [.. _parts.AddedTokens.Select(token => token.Id)];
        IEnumerable<int> needed = Enumerable.Range(vocabularySize, tokens.Length - vocabularySize)
            .Where(id => tokens[id] is not null && !added.Contains(id))
            .Concat(_parts.IdsBefore.Concat(_parts.IdsAfter).Where(id => id >= vocabularySize));
        return needed.Any()
            ? throw new CheckpointException(FileName, $"{tokens.Length} tokens", $"at most the {vocabularySize} of the model's vocabulary")
            : Create(_parts, Settings, vocabularySize);
    }

    private void RequireInside(List<int> ids)
    {
        if (VocabularySize == _parts.Vocabulary.Tokens.Length)
            return;
        foreach (int id in ids)
        {
            if (id >= VocabularySize)
            {
                throw new TokenizerException(FileName, "added_tokens", $"a text with {_parts.Vocabulary.Tokens[id]}, token {id}",
                    $"tokens of the model's vocabulary, 0 to {VocabularySize - 1}");
            }
        }
    }

    private static Tokenizer Create(TokenizerParts parts, TokenizerSettings settings, int? vocabularySize = null)
    {
        try
        {
            return new Tokenizer(parts, settings, vocabularySize ?? parts.Vocabulary.Tokens.Length);
        }
        catch (TextGrowthException e)
        {
            throw TooLong(parts, e);
        }
        catch (TextTimeException e)
        {
            throw TooSlow(parts, e);
        }
    }

    /// <summary>Added tokens first, then the normalizer on the text between them, then the added tokens that are searched for in normalized
    /// text.</summary>
    private List<Piece> ExtractAddedTokens(MarkedText text, TextLimits limits)
    {
        List<Piece> pieces = new();
        foreach (AddedTokenMatcher.Span span in Split(_matcher, text, atStart: true))
        {
            if (span.Id != Piece.NoId)
            {
                pieces.Add(new Piece(default, span.Id, AtStart: false));
                continue;
            }

            MarkedText part = text.Slice(span.Start, span.Length);
            MarkedText normalized = Normalize(_normalizedSpecials ? part : MarkedText.Trusted(part.Text), limits);
            ReadOnlyMemory<char> characters = normalized.Text.AsMemory();
            foreach (AddedTokenMatcher.Span inner in Split(_normalizedMatcher, normalized, span.AtStart))
            {
                pieces.Add(new Piece(inner.Id == Piece.NoId ? characters.Slice(inner.Start, inner.Length) : default, inner.Id,
                    inner.AtStart));
            }
        }

        return pieces;
    }

    private static List<AddedTokenMatcher.Span> Split(AddedTokenMatcher? matcher, MarkedText text, bool atStart)
    {
        if (text.Length == 0)
            return [];
        return matcher?.Split(text, atStart) ?? [new(0, text.Length, Piece.NoId, atStart)];
    }

    private MarkedText Normalize(MarkedText text, TextLimits limits)
    {
        MarkedText normalized = _parts.Normalizer?.Normalize(text, limits) ?? text;
        limits.Add(normalized.Length);
        return normalized;
    }

    private string NormalizedContent(AddedToken token, TextLimits limits) => Normalize(MarkedText.Trusted(token.Content), limits).Text;

    private int? FindNamed(string? token) => token is null ? null : TokenId(token);

    private static AddedTokenMatcher? Matcher(IReadOnlyList<(string Pattern, AddedToken Token)> patterns) =>
        patterns.Count > 0 ? new AddedTokenMatcher(patterns) : null;

    private static TokenizerException TooLong(TokenizerParts parts, TextGrowthException e) =>
        new(parts.FileName, "", "a normalizer or pre-tokenizer that makes the text too long", "one that does not", e);

    private static TokenizerException TooSlow(TokenizerParts parts, TextTimeException e) =>
        new(parts.FileName, "", $"the regular expression {CheckpointException.Quote(e.Pattern)}, which takes too long for a text",
            "a faster one", e);

    private static MarkedText ReplaceLoneSurrogates(MarkedText text)
    {
        if (text.Text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
            return text;
        char[] characters = text.Text.ToCharArray();
        for (int i = 0; i < characters.Length; i++)
        {
            if (char.IsHighSurrogate(characters[i]) && i + 1 < characters.Length && char.IsLowSurrogate(characters[i + 1]))
                i++;
            else if (char.IsSurrogate(characters[i]))
                characters[i] = '\uFFFD';
        }

        return text with { Text = new string(characters) };
    }
}
