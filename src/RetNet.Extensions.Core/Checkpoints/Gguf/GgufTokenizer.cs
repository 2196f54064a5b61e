using System.Text.Json;
using static RetNet.Extensions.Core.Checkpoints.TokenizerJson;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>The tokenizer.json equivalent of a GGUF file's tokenizer metadata.</summary>
internal sealed class GgufTokenizer
{
    private const string ModelKey = "tokenizer.ggml.model";
    private const string PreTokenizerKey = "tokenizer.ggml.pre";
    private const string MergesKey = "tokenizer.ggml.merges";
    private const string TemplateKey = "tokenizer.chat_template";
    private const string ToolTemplateKey = "tokenizer.chat_template.tool_use";
    private const string AddSpaceKey = "tokenizer.ggml.add_space_prefix";
    private const string Space = "▁";

    private readonly string _file;
    private readonly GgufMetadata _metadata;
    private readonly ConfigurationReader _options;
    private readonly GgufVocabulary _vocabulary;
    private readonly Action<Utf8JsonWriter> _writeTokenizer;

    private GgufTokenizer(GgufFile file)
    {
        (_file, _metadata, _options) = (file.Path, file.Metadata, file.Metadata.Options);
        (GgufTokenDefaults defaults, _writeTokenizer) = _options.OptionalText(ModelKey) switch
        {
            "gpt2" => (default, WriteByteLevel),
            "llama" => (new GgufTokenDefaults(1, 2, 0, null), WriteSentencePiece),
            "t5" => (new GgufTokenDefaults(null, 1, 2, null), WriteUnigram),
            "bert" => (new GgufTokenDefaults(101, null, 100, 102), (Action<Utf8JsonWriter>)WriteWordPiece),
            _ => throw _options.Fault(ModelKey, "llama, gpt2, t5 or bert: other tokenizers are not supported"),
        };
        _vocabulary = GgufVocabulary.Read(file, defaults);
    }

    /// <summary>Reads a file's tokenizer, or none where the file has no tokens.</summary>
    /// <returns>The tokenizer's documents; their configuration is empty.</returns>
    /// <exception cref="CheckpointException">The tokenizer is malformed, or of a kind that is not supported.</exception>
    public static ModelDocuments ReadDocuments(GgufFile file)
    {
        if (!file.Metadata.HasArray(GgufKeys.Tokens))
            return new ModelDocuments { Configuration = default };
        GgufTokenizer tokenizer = new(file);
        return new ModelDocuments
        {
            Configuration = default,
            Tokenizer = Write(tokenizer._writeTokenizer),
            TokenizerConfiguration = Write(tokenizer.WriteSettings),
        };
    }

    private void WriteSettings(Utf8JsonWriter json)
    {
        foreach ((string name, int? id) in ((string, int?)[])[("bos_token", _vocabulary.Beginning), ("eos_token", _vocabulary.End),
            ("pad_token", _vocabulary.Padding)])
        {
            if (id is not null)
                json.WriteString(name, _vocabulary.Tokens[id.Value]);
        }

        if (_options.OptionalText(TemplateKey) is { Length: > 0 } template)
            WriteTemplates(json, template, _options.OptionalText(ToolTemplateKey));
    }

    private static void WriteTemplates(Utf8JsonWriter json, string template, string? forTools)
    {
        if (forTools is not { Length: > 0 })
        {
            json.WriteString("chat_template", template);
            return;
        }

        json.WriteStartArray("chat_template");
        foreach ((string name, string text) in ((string, string)[])[("default", template), ("tool_use", forTools)])
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("template", text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteSentencePiece(Utf8JsonWriter json)
    {
        RequireScores();
        bool addSpace = _options.Boolean(AddSpaceKey, true);
        WriteAddedTokens(json);
        WriteSpaceNormalizer(json, addSpace);
        WriteTemplate(json, addsBeginning: true);
        WriteSpaceDecoder(json, addSpace);
        WriteModel(json, ScoredMerges.Find(_vocabulary.Tokens, _vocabulary.IsMergeable, _vocabulary.Score,
            found => CheckpointException.ForOption(_file, GgufKeys.Tokens, found,
                "a vocabulary")), isSentencePiece: true, ignoreMerges: false);
    }

    private void RequireScores()
    {
        if (!_vocabulary.HasScores)
            throw _options.Fault("tokenizer.ggml.scores", "a score for each token");
    }

    private void WriteUnigram(Utf8JsonWriter json)
    {
        RequireScores();
        bool addSpace = _options.Boolean(AddSpaceKey, false);
        WriteAddedTokens(json);
        json.WritePropertyName("normalizer");
        WriteSentencePieceNormalizer(json, _metadata.OptionalBytes("tokenizer.ggml.precompiled_charsmap") ?? [], addSpace,
            _options.Boolean("tokenizer.ggml.remove_extra_whitespaces", false));
        WriteTemplate(json, addsBeginning: false, addsEnd: true);
        WriteSpaceDecoder(json, addSpace);
        WriteUnigramModel(json, _vocabulary.Tokens, _vocabulary.Score, _vocabulary.Unknown, fallsBackToBytes: false);
    }

    // In the file "▁" begins a word; in BERT's own vocabulary "##" continues one.
    private void WriteWordPiece(Utf8JsonWriter json)
    {
        const string Continuation = "##";
        bool lowercase = _options.Boolean("tokenizer.ggml.normalizer.lowercase", true);
        WriteAddedTokens(json);
        json.WriteStartObject("normalizer");
        json.WriteString("type", "BertNormalizer");
        json.WriteBoolean("lowercase", lowercase);
        json.WriteBoolean("strip_accents", _options.Boolean("tokenizer.ggml.normalizer.strip_accents", lowercase));
        json.WriteEndObject();
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "BertPreTokenizer");
        json.WriteEndObject();
        WriteTemplate(json, _vocabulary.Beginning, _vocabulary.Separator);
        json.WriteStartObject("decoder");
        json.WriteString("type", "WordPiece");
        json.WriteString("prefix", Continuation);
        json.WriteEndObject();
        json.WriteStartObject("model");
        json.WriteString("type", "WordPiece");
        json.WriteString("unk_token", _vocabulary.Unknown is int unknown
            ? _vocabulary.Tokens[unknown]
            : throw _options.Fault(GgufKeys.Unknown, "a token for unknown words"));
        json.WriteString("continuing_subword_prefix", Continuation);
        json.WriteStartObject("vocab");
        for (int id = 0; id < _vocabulary.Tokens.Length; id++)
        {
            string token = _vocabulary.Tokens[id];
            json.WriteNumber(_vocabulary.IsAdded(id) ? token
                : token.StartsWith(Space, StringComparison.Ordinal) ? token[Space.Length..] : Continuation + token, id);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteByteLevel(Utf8JsonWriter json)
    {
        string name = _options.OptionalText(PreTokenizerKey) ?? "default";
        GgufPreTokenizer words = GgufPreTokenizer.Find(name) ?? throw _options.Fault(PreTokenizerKey, GgufPreTokenizer.Known);
        WriteAddedTokens(json);
        WriteByteLevelSteps(json, words.Expressions, _options.Boolean("tokenizer.ggml.normalizer.nfc", words.Composes));
        WriteTemplate(json, words.AddsBeginning);
        WriteModel(json, Merges(), isSentencePiece: false, words.IgnoreMerges);
    }

    /// <summary>The tokens that are searched for in a text before any other step.</summary>
    private void WriteAddedTokens(Utf8JsonWriter json)
    {
        json.WriteStartArray("added_tokens");
        Func<WrittenToken, WrittenToken> withSpace = SpaceRule();
        for (int id = 0; id < _vocabulary.Tokens.Length; id++)
        {
            if (_vocabulary.IsAdded(id))
                WriteAddedToken(json, id, withSpace(new WrittenToken(_vocabulary.Tokens[id], _vocabulary.IsControl(id))));
        }

        json.WriteEndArray();
    }

    // Which tokens take the white space beside them stands in no file: these are the models that llama.cpp knows by name ("set attributes
    // by model/tokenizer/architecture name"). Of Phi 3 also the spelling of later converters.
    private Func<WrittenToken, WrittenToken> SpaceRule()
    {
        if (Contains(PreTokenizerKey, "jina-v2-de", "jina-v2-es", "jina-v2-code")
            || Contains("general.architecture", "nomic-bert-moe", "jina-bert-v3"))
        {
            return token => token with { TakesSpaceBefore = token.Content == "<mask>" };
        }

        if (Contains("general.name", "phi-3", "phi3", "phi 3"))
            return token => token with { TakesSpaceAfter = token.Content is not ("<unk>" or "<s>" or "<|endoftext|>") };
        if (Contains("general.name", "modern-bert"))
            return token => token with { TakesSpaceBefore = token.Content == "[MASK]" };
        return token => token;

        bool Contains(string key, params ReadOnlySpan<string> parts)
        {
            string name = _options.OptionalText(key) ?? "";
            foreach (string part in parts)
            {
                if (name.Contains(part, StringComparison.OrdinalIgnoreCase))
                    return true;
            }

            return false;
        }
    }

    /// <summary>The tokens that go before and after a text.</summary>
    private void WriteTemplate(Utf8JsonWriter json, bool addsBeginning, bool addsEnd = false) => WriteTemplate(
        json,
        _options.Boolean("tokenizer.ggml.add_bos_token", addsBeginning) ? _vocabulary.Beginning : null,
        _options.Boolean("tokenizer.ggml.add_eos_token", addsEnd) ? _vocabulary.End : null);

    private void WriteTemplate(Utf8JsonWriter json, int? before, int? after) =>
        TokenizerJson.WriteTemplate(json, _vocabulary.Tokens, before, after);

    // A token that cannot be written as text is not part of the model.
    private void WriteModel(Utf8JsonWriter json, IEnumerable<(int Left, int Right)> merges, bool isSentencePiece, bool ignoreMerges) =>
        WriteBytePairModel(json, _vocabulary.Tokens, id => !_vocabulary.IsControl(id) || (isSentencePiece && id == _vocabulary.Unknown),
            merges,
            isSentencePiece ? _vocabulary.Unknown : null, isSentencePiece, ignoreMerges);

    private IEnumerable<(int Left, int Right)> Merges()
    {
        Dictionary<string, int> ids = _vocabulary.Tokens.Index().Where(token => _vocabulary.IsMergeable(token.Index))
            .ToDictionary(token => token.Item, token => token.Index, StringComparer.Ordinal);
        HashSet<(int, int)> seen = new();
        foreach (string merge in GgufMerges.Reachable(_metadata.Texts(MergesKey), ids))
        {
            int space = GgufMerges.Space(merge);
            if (space < 1 || !ids.TryGetValue(merge[..space], out int left) || !ids.TryGetValue(merge[(space + 1)..], out int right)
                || !ids.ContainsKey(merge.Remove(space, 1)))
            {
                throw CheckpointException.ForOption(_file, MergesKey, CheckpointException.Quote(merge),
                    "two tokens with a space between them that together are a token");
            }

            // Of a merge that is there twice the first counts.
            if (seen.Add((left, right)))
                yield return (left, right);
        }
    }
}
