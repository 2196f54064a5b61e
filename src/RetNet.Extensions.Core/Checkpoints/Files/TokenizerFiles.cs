using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints.SentencePiece;
using static RetNet.Extensions.Core.Checkpoints.TokenizerJson;

namespace RetNet.Extensions.Core.Checkpoints.Files;

/// <summary>Tokenizers of folders without a tokenizer.json: tokenizer.model of SentencePiece, vocab.json with merges.txt of GPT-2, and
/// vocab.txt of BERT, each translated to a tokenizer.json.</summary>
internal static class TokenizerFiles
{
    private const string Model = "tokenizer.model", Pieces = "spiece.model";

    /// <summary>Adds the tokenizer of a folder to its documents, or nothing if it has none.</summary>
    /// <exception cref="CheckpointException">A file is malformed or not supported.</exception>
    public static ModelDocuments Translate(string folder, ModelDocuments documents)
    {
        if (First(folder, "sentencepiece.bpe.model") is { } shifted)
            throw new CheckpointException(shifted, "a model of SentencePiece whose ids are not the tokenizer's", "a tokenizer.json");
        if (First(folder, Model, Pieces) is { } model)
        {
            (byte[] tokenizer, ReadOnlyMemory<byte> configuration) = SentencePieceTokenizer.Translate(
                Read(model), model, documents.TokenizerConfiguration, Path.Combine(folder, FileNames.TokenizerConfiguration));
            return documents with { Tokenizer = tokenizer, TokenizerConfiguration = configuration };
        }

        if (First(folder, "vocab.json") is { } vocabulary && First(folder, "merges.txt") is { } merges)
            return documents with { Tokenizer = Write(json => WriteByteLevel(json, vocabulary, merges)) };
        return First(folder, "vocab.txt") is { } words
            ? documents with { Tokenizer = Write(json => WriteWordPiece(json, words, documents.TokenizerConfiguration)) }
            : documents;
    }

    private static void WriteByteLevel(Utf8JsonWriter json, string vocabulary, string merges)
    {
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteEndObject();
        json.WriteStartObject("decoder");
        json.WriteString("type", "ByteLevel");
        json.WriteEndObject();
        JsonElement tokens = RegularFile.ReadJson(vocabulary, (int)ModelDocuments.MaximumLength);
        json.WriteStartArray("added_tokens");
        if (tokens.ValueKind == JsonValueKind.Object && tokens.TryGetProperty(EndOfText, out JsonElement end)
            && end.ValueKind == JsonValueKind.Number && end.TryGetInt32(out int id))
        {
            WriteAddedToken(json, id, EndOfText, isSpecial: true);
        }

        json.WriteEndArray();
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WritePropertyName("vocab");
        tokens.WriteTo(json);
        json.WriteStartArray("merges");
        foreach (string line in Lines(merges).Where(line => line.Length > 0))
            json.WriteStringValue(line);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private const string EndOfText = "<|endoftext|>";

    private static void WriteWordPiece(Utf8JsonWriter json, string file, ReadOnlyMemory<byte> configuration)
    {
        string[] words = Lines(file);
        bool lowercase = configuration.IsEmpty
            || RegularFile.ParseJson(configuration, FileNames.TokenizerConfiguration) is not { ValueKind: JsonValueKind.Object } root
            || !root.TryGetProperty("do_lower_case", out JsonElement value) || value.ValueKind != JsonValueKind.False;
        json.WriteStartArray("added_tokens");
        foreach (string name in (string[])["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
        {
            if (Array.IndexOf(words, name) is var id and >= 0)
                WriteAddedToken(json, id, name, isSpecial: true);
        }

        json.WriteEndArray();
        json.WriteStartObject("normalizer");
        json.WriteString("type", "BertNormalizer");
        json.WriteBoolean("lowercase", lowercase);
        json.WriteEndObject();
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "BertPreTokenizer");
        json.WriteEndObject();
        WriteTemplate(json, words, Existing("[CLS]"), Existing("[SEP]"));
        json.WriteStartObject("decoder");
        json.WriteString("type", "WordPiece");
        json.WriteString("prefix", "##");
        json.WriteEndObject();
        json.WriteStartObject("model");
        json.WriteString("type", "WordPiece");
        json.WriteString("unk_token", "[UNK]");
        json.WriteStartObject("vocab");
        for (int id = 0; id < words.Length; id++)
            json.WriteNumber(words[id], id);
        json.WriteEndObject();
        json.WriteEndObject();

        int? Existing(string name) => Array.IndexOf(words, name) is var id and >= 0 ? id : null;
    }

    private static string[] Lines(string file)
    {
        string[] lines = Encoding.UTF8.GetString(Read(file)).Split('\n');
        if (lines[^1].Length == 0)
            lines = lines[..^1];
        return Array.ConvertAll(lines, line => line.TrimEnd('\r'));
    }

    private static byte[] Read(string file) => RegularFile.Read(file, ModelDocuments.MaximumLength);

    private static string? First(string folder, params string[] names) =>
        names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
