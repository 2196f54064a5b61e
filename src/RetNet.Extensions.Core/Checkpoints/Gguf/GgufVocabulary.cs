using System.Collections.Frozen;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>The tokens of a GGUF file: texts, kinds and the ids with a special role.</summary>
internal sealed class GgufVocabulary
{
    private const string ScoresKey = "tokenizer.ggml.scores";
    private const int MaximumTokenLength = 1024;

    // Control tokens whose text says that they end a text, a turn or a message, whether or not metadata name them (llama_vocab of
    // llama.cpp).
    private static readonly FrozenSet<string> EndingTexts = FrozenSet.ToFrozenSet(
    [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>",
        "</s>", "<|eom_id|>",
        "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>",
    ]);

    // Of vocabularies that have both tokens of a pair, an answer is several messages, and this token ends each of them.
    private static readonly FrozenSet<string> EndOfMessage = FrozenSet.ToFrozenSet(["<|end|>"]);

    private static readonly FrozenSet<string>[] EndsOfSeveralMessages =
        [FrozenSet.ToFrozenSet(["<|return|>", "<|call|>"]), FrozenSet.ToFrozenSet(["<|calls|>", "<|flush|>"])];

    private enum Kind
    {
        Normal = 1,
        Unknown = 2,
        Control = 3,
        UserDefined = 4,
        Unused = 5,
        Byte = 6,
    }

    private readonly Kind[] _kinds;
    private readonly float[]? _scores;

    private GgufVocabulary(GgufFile ggufFile, GgufTokenDefaults defaults)
    {
        (GgufMetadata metadata, string file) = (ggufFile.Metadata, ggufFile.Path);
        Tokens = metadata.Texts(GgufKeys.Tokens, ggufFile.EmbeddingRows ?? ConfigurationReader.MaximumVocabulary);
        if (Tokens.Length == 0)
            throw CheckpointException.ForOption(file, GgufKeys.Tokens, "no tokens", "a vocabulary");
        ConfigurationReader options = metadata.Options;

        Beginning = TokenId(options, GgufKeys.BeginningOfSequence, defaults.Beginning);
        End = TokenId(options, GgufKeys.EndOfSequence, defaults.End);
        Unknown = TokenId(options, GgufKeys.Unknown, defaults.Unknown);
        Separator = TokenId(options, GgufKeys.Separator, defaults.Separator);
        Padding = TokenId(options, GgufKeys.Padding, null);
        _scores = metadata.OptionalNumbers<float>(ScoresKey, Tokens.Length);
        _kinds = ReadKinds(metadata, options);
        NameEmptyTokens();
        RequireDistinctTokens(file);
    }

    /// <summary>The tokens by id.</summary>
    public string[] Tokens { get; }

    public int? Beginning { get; }

    public int? End { get; }

    public int? Unknown { get; }

    public int? Padding { get; }

    /// <summary>The token after a text of BERT.</summary>
    public int? Separator { get; }

    /// <summary>Whether the file ranks its tokens by score.</summary>
    public bool HasScores => _scores is not null;

    /// <summary>Reads the vocabulary and checks it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="defaults">The ids that a file of the tokenizer's kind may leave out.</param>
    /// <exception cref="CheckpointException">It is missing or malformed.</exception>
    public static GgufVocabulary Read(GgufFile file, GgufTokenDefaults defaults) => new(file, defaults);

    /// <summary>The tokens that end a text, a turn or a message: those that metadata name, and control tokens with a text that says
    /// so; not <c>&lt;|end|&gt;</c> where an answer is several messages.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="vocabulary">The number of tokens of the model.</param>
    public static IEnumerable<int> EndsOfGeneration(GgufMetadata metadata, int vocabulary)
    {
        List<int> ends = [.. GgufKeys.EndsOfGeneration.Select(key => metadata.Options.OptionalTokenId(key, vocabulary)).OfType<int>()];
        if (metadata.HasArray(GgufKeys.Tokens)
            && metadata.OptionalNumbers<int>(GgufKeys.TokenTypes, metadata.TextCount(GgufKeys.Tokens)) is { } kinds)
        {
            ends.AddRange(Controls(EndingTexts));
            if (EndsOfSeveralMessages.Any(pair => Controls(pair).Count == pair.Count))
                ends = [.. ends.Except(Controls(EndOfMessage))];

            List<int> Controls(FrozenSet<string> texts) =>
                metadata.IndexesOf(GgufKeys.Tokens, texts, id => id < vocabulary && kinds[id] == (int)Kind.Control);
        }

        return ends.Distinct();
    }

    /// <summary>The score of a token: of two possible merges, the one with the higher score is made.</summary>
    public float Score(int id) => _scores![id];

    /// <summary>Whether a token is a control token: it begins or ends something and is not text.</summary>
    public bool IsControl(int id) => _kinds[id] is Kind.Control or Kind.Unknown;

    /// <summary>Whether a token is searched for in a text before any other step.</summary>
    public bool IsAdded(int id) => IsControl(id) || _kinds[id] == Kind.UserDefined;

    /// <summary>Whether byte-pair encoding may make the token out of two others.</summary>
    public bool IsMergeable(int id) => !IsControl(id) && _kinds[id] != Kind.Byte;

    private int? TokenId(ConfigurationReader options, string key, int? absent)
        => options.Contains(key) ? options.OptionalTokenId(key, Tokens.Length) : absent < Tokens.Length ? absent : null;

    private Kind[] ReadKinds(GgufMetadata metadata, ConfigurationReader options)
    {
        if (metadata.OptionalNumbers<int>(GgufKeys.TokenTypes, Tokens.Length) is { } types)
            return Array.ConvertAll(types, type => (Kind)type);
        Kind[] kinds = new Kind[Tokens.Length];
        Array.Fill(kinds, Kind.Normal);
        if (Unknown is int unknown)
            kinds[unknown] = Kind.Unknown;
        foreach (string key in GgufKeys.EndsOfGeneration.Append(GgufKeys.BeginningOfSequence))
        {
            if (options.OptionalTokenId(key, Tokens.Length) is int id)
                kinds[id] = Kind.Control;
        }

        return kinds;
    }

    // As in llama.cpp, so that the ids stay the same.
    private void NameEmptyTokens()
    {
        for (int id = 0; id < Tokens.Length; id++)
        {
            if (Tokens[id].Length == 0)
                Tokens[id] = $"[EMPTY_{id}]";
        }
    }

    private void RequireDistinctTokens(string file)
    {
        Dictionary<string, int> ids = new(Tokens.Length, StringComparer.Ordinal);
        for (int id = 0; id < Tokens.Length; id++)
        {
            if (Tokens[id].Length > MaximumTokenLength)
            {
                throw CheckpointException.ForOption(file, GgufKeys.Tokens, $"a token of {Tokens[id].Length} characters at id {id}",
                    $"at most {MaximumTokenLength}");
            }

            if (!ids.TryAdd(Tokens[id], id))
            {
                throw CheckpointException.ForOption(file, GgufKeys.Tokens,
                    $"{CheckpointException.Quote(Tokens[id])} at id {ids[Tokens[id]]} and at id {id}", "each token once");
            }
        }
    }
}

/// <summary>The ids that a tokenizer's own vocabulary gives to its special tokens, which its files may leave out.</summary>
internal readonly record struct GgufTokenDefaults(int? Beginning, int? End, int? Unknown, int? Separator);
