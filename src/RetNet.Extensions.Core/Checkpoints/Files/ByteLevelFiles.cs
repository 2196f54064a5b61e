using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints.Gguf;
using static RetNet.Extensions.Core.Checkpoints.TokenizerJson;

namespace RetNet.Extensions.Core.Checkpoints.Files;

/// <summary>vocab.json and merges.txt as the classes of transformers read them that write text as bytes.</summary>
internal sealed class ByteLevelFiles
{
    private const string EndOfText = "<|endoftext|>";

    private readonly TokenizerSettingsFile _settings;
    private readonly JsonElement _vocabulary;
    private readonly IReadOnlyList<string> _merges;

    private ByteLevelFiles(JsonElement vocabulary, IReadOnlyList<string> merges, TokenizerSettingsFile settings) =>
        (_vocabulary, _merges, _settings) = (vocabulary, merges, settings);

    /// <summary>Translates a tokenizer.</summary>
    /// <param name="vocabulary">vocab.json.</param>
    /// <param name="merges">The lines of merges.txt.</param>
    /// <param name="settings">What the files beside them say; tokens that they do not name get the class's names.</param>
    /// <returns>Content of a tokenizer.json.</returns>
    /// <exception cref="CheckpointException">A file is malformed, or the tokenizer is of another class.</exception>
    public static byte[] Translate(string vocabulary, IReadOnlyList<string> merges, TokenizerSettingsFile settings)
    {
        JsonElement tokens = RegularFile.ReadJson(vocabulary, (int)ModelDocuments.MaximumLength);
        ByteLevelFiles files = new(tokens, merges, settings);
        return Write(settings.Class switch
        {
            "Qwen2Tokenizer" => files.WriteQwen,
            "RobertaTokenizer" => files.WriteRoberta,
            "GPT2Tokenizer" or "" => files.WriteGpt2,
            _ => throw settings.UnknownClass("GPT2Tokenizer, Qwen2Tokenizer or RobertaTokenizer beside vocab.json and merges.txt"),
        });
    }

    private void WriteQwen(Utf8JsonWriter json)
    {
        GgufPreTokenizer words = GgufPreTokenizer.Find("qwen2")!;
        _settings.Complete(("unk_token", EndOfText), ("eos_token", EndOfText), ("pad_token", EndOfText));
        WriteByteLevelSteps(json, words.Expressions, words.Composes);
        WriteTokens(json);
    }

    private void WriteGpt2(Utf8JsonWriter json)
    {
        _settings.Complete(("unk_token", EndOfText), ("bos_token", EndOfText), ("eos_token", EndOfText));
        WriteWords(json);
        if (_settings.Flag("add_bos_token") == true)
            WriteTemplate(json, Find(_settings.Name("bos_token")), null);
        WriteTokens(json);
    }

    private void WriteRoberta(Utf8JsonWriter json)
    {
        _settings.Complete(("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>"), ("sep_token", "</s>"),
            ("pad_token", "<pad>"), ("cls_token", "<s>"), ("mask_token", "<mask>"));
        WriteWords(json);
        WriteTemplate(json, Find(_settings.Name("cls_token")), Find(_settings.Name("sep_token")));
        WriteTokens(json, _settings.Name("mask_token"));
    }

    private void WriteWords(Utf8JsonWriter json)
    {
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "ByteLevel");
        WriteByteLevelFlags(json, addSpace: _settings.Flag("add_prefix_space") ?? false, useRegex: true);
        json.WriteEndObject();
        WriteByteLevelDecoder(json);
    }

    private void WriteTokens(Utf8JsonWriter json, string? mask = null)
    {
        json.WriteStartArray("added_tokens");
        foreach ((int id, WrittenToken token) in _settings.WithRoles(Vocabulary()))
            WriteAddedToken(json, id, token with { TakesSpaceBefore = token.TakesSpaceBefore || token.Content == mask });
        json.WriteEndArray();
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WritePropertyName("vocab");
        _vocabulary.WriteTo(json);
        json.WriteStartArray("merges");
        foreach (string line in _merges.Where(line => line.Length > 0))
            json.WriteStringValue(line);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private (string Text, int Id)? Find(string? text) =>
        text is not null && (_settings.AddedId(text) ?? FindInVocabulary(text)) is int id ? (text, id) : null;

    private int? FindInVocabulary(string text) => _vocabulary.TryGetProperty(text, out JsonElement value) ? Id(value) : null;

    private IEnumerable<(int Id, string Text)> Vocabulary()
    {
        foreach (JsonProperty token in _vocabulary.EnumerateObject())
        {
            if (Id(token.Value) is int id)
                yield return (id, token.Name);
        }
    }

    private static int? Id(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0 ? id : null;
}
