using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Benchmarks.Models;

/// <summary>The tokenizer of a genuine model of Qwen's family, byte-level byte-pair encoding, for a model with random weights.</summary>
internal sealed class GenuineVocabulary
{
    private static readonly string[] Documents = ["tokenizer.json", "tokenizer_config.json"];

    private readonly string _folder;
    private readonly int _endOfSequence;

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="folder">The folder of tokenizer.json and tokenizer_config.json.</param>
    public GenuineVocabulary(string folder)
    {
        _folder = folder;
        Tokenizer tokenizer = Tokenizer.Load(folder);
        _endOfSequence = tokenizer.EndOfSequenceId
            ?? throw new InvalidDataException($"{folder} has a tokenizer that names no end-of-sequence token; expected eos_token.");
        Count = tokenizer.VocabularySize;
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, Documents[0])));
        JsonElement model = document.RootElement.GetProperty("model");
        string[] tokens = new string[Count];
        int[] kinds = new int[Count];
        foreach (JsonProperty token in model.GetProperty("vocab").EnumerateObject())
            Set(token.Value.GetInt32(), token.Name, kind: 1);
        foreach (JsonElement token in document.RootElement.GetProperty("added_tokens").EnumerateArray())
        {
            Set(token.GetProperty("id").GetInt32(), token.GetProperty("content").GetString()!,
                kind: token.GetProperty("special").GetBoolean() ? 3 : 4);
        }

        Metadata =
        [
            ("tokenizer.ggml.model", "gpt2"),
            ("tokenizer.ggml.pre", "qwen2"),
            ("tokenizer.ggml.tokens", tokens),
            ("tokenizer.ggml.token_type", kinds),
            ("tokenizer.ggml.merges", model.GetProperty("merges").EnumerateArray().Select(Merge).ToArray()),
            ("tokenizer.ggml.eos_token_id", (uint)_endOfSequence),
            ("tokenizer.ggml.add_bos_token", false),
            .. ChatTemplate(folder),
        ];

        // llama.cpp's kinds of tokens: 1 normal, 3 control, 4 user-defined.
        void Set(int id, string token, int kind) => (tokens[id], kinds[id]) = (token, kind);
    }

    /// <summary>The number of tokens.</summary>
    public int Count { get; }

    /// <summary>The tokenizer's metadata in a GGUF file.</summary>
    public (string Key, object Value)[] Metadata { get; }

    /// <summary>Adds the tokenizer to a Hugging Face folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="configuration">The model's config.json, whose special tokens are set.</param>
    public void Write(string folder, JsonObject configuration)
    {
        configuration.Remove("bos_token_id");
        configuration["eos_token_id"] = _endOfSequence;
        foreach (string document in Documents)
            File.Copy(Path.Combine(_folder, document), Path.Combine(folder, document), overwrite: true);
    }

    private static IEnumerable<(string Key, object Value)> ChatTemplate(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, Documents[1])));
        return document.RootElement.TryGetProperty("chat_template", out JsonElement template)
            ? [("tokenizer.chat_template", template.GetString()!)]
            : [];
    }

    private static string Merge(JsonElement merge) => merge.ValueKind == JsonValueKind.String
        ? merge.GetString()!
        : string.Join(' ', merge.EnumerateArray().Select(part => part.GetString()));
}
