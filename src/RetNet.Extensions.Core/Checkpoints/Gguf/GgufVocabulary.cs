using System.Collections.Frozen;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>The tokens of a GGUF file: texts, kinds and the ids with a special role.</summary>
internal sealed class GgufVocabulary
{
    private const string ScoresKey = "tokenizer.ggml.scores";
    private const int MaximumTokenLength = 1024;

    private readonly GgufTokenKind[] _kinds;
    private readonly float[]? _scores;

    private GgufVocabulary(GgufFile ggufFile, GgufTokenDefaults defaults)
    {
        (GgufMetadata metadata, string file) = (ggufFile.Metadata, ggufFile.Path);
        Tokens = metadata.Texts(GgufKeys.Tokens, ggufFile.EmbeddingRows ?? ConfigurationReader.MaximumVocabulary);
        if (Tokens.Length == 0)
            throw CheckpointException.ForOption(file, GgufKeys.Tokens, "no tokens", "a vocabulary");
        Beginning = TokenId(metadata, GgufKeys.BeginningOfSequence, defaults.Beginning);
        End = TokenId(metadata, GgufKeys.EndOfSequence, defaults.End);
        Unknown = TokenId(metadata, GgufKeys.Unknown, defaults.Unknown);
        Separator = TokenId(metadata, GgufKeys.Separator, defaults.Separator);
        Padding = TokenId(metadata, GgufKeys.Padding, null);
        _scores = metadata.OptionalNumbers<float>(ScoresKey, Tokens.Length);
        _kinds = ReadKinds(metadata);
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

    /// <summary>The score of a token: of two possible merges, the one with the higher score is made.</summary>
    public float Score(int id) => _scores![id];

    /// <summary>Whether a token is a control token: it begins or ends something and is not text.</summary>
    public bool IsControl(int id) => _kinds[id] is GgufTokenKind.Control or GgufTokenKind.Unknown;

    /// <summary>Whether a token is searched for in a text before any other step.</summary>
    public bool IsAdded(int id) => IsControl(id) || _kinds[id] == GgufTokenKind.UserDefined;

    /// <summary>Whether byte-pair encoding may make the token out of two others.</summary>
    public bool IsMergeable(int id) => !IsControl(id) && _kinds[id] != GgufTokenKind.Byte;

    private int? TokenId(GgufMetadata metadata, string key, int? absent) =>
        metadata.TokenId(key, Tokens.Length) ?? (absent < Tokens.Length ? absent : null);

    private GgufTokenKind[] ReadKinds(GgufMetadata metadata)
    {
        GgufTokenKind[] kinds = metadata.OptionalNumbers<int>(GgufKeys.TokenTypes, Tokens.Length) is { } types
            ? Array.ConvertAll(types, type => (GgufTokenKind)type)
            : KindsByRole(metadata);
        FrozenSet<string> ends = GgufEnds.TextsOf(metadata, Tokens.Length);
        for (int id = 0; id < kinds.Length; id++)
        {
            if (kinds[id] != GgufTokenKind.Normal && ends.Contains(Tokens[id]))
                kinds[id] = GgufTokenKind.Control;
        }

        return kinds;
    }

    private GgufTokenKind[] KindsByRole(GgufMetadata metadata)
    {
        GgufTokenKind[] kinds = new GgufTokenKind[Tokens.Length];
        Array.Fill(kinds, GgufTokenKind.Normal);
        if (Unknown is int unknown)
            kinds[unknown] = GgufTokenKind.Unknown;
        foreach (string key in GgufEnds.Keys.Append(GgufKeys.BeginningOfSequence))
        {
            if (metadata.TokenId(key, Tokens.Length) is int id)
                kinds[id] = GgufTokenKind.Control;
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
