using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RetNet.Extensions.Core.Tokenizers.Training;

/// <summary>A learned vocabulary: the content of its files, which <c>Tokenizer.Parse</c> reads.</summary>
public sealed class TrainedTokenizer
{
    private static readonly JsonWriterOptions JsonOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Indented = true
    };

    private readonly BytePairTrainerOptions _options;

    internal TrainedTokenizer(IReadOnlyList<string> tokens, IEnumerable<(int Left, int Right)> merges, BytePairTrainerOptions options)
    {
        (Tokens, Merges, _options) = (tokens, [.. merges], options);
        TokenizerJson = Write(WriteTokenizer);
        TokenizerConfigurationJson = Write(WriteConfiguration);
    }

    /// <summary>The tokens in the order of their ids: special tokens, bytes, merged tokens, in GPT-2's spelling of bytes.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>The pairs of ids that are merged, the first rule first.</summary>
    public IReadOnlyList<(int Left, int Right)> Merges { get; }

    /// <summary>Content of tokenizer.json.</summary>
    public ReadOnlyMemory<byte> TokenizerJson { get; }

    /// <summary>Content of tokenizer_config.json: the text's begin and end, and padding.</summary>
    public ReadOnlyMemory<byte> TokenizerConfigurationJson { get; }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> content = new();
        using (Utf8JsonWriter json = new(content, JsonOptions))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return content.WrittenSpan.ToArray();
    }

    private void WriteTokenizer(Utf8JsonWriter json)
    {
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < _options.SpecialTokens.Length; id++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", Tokens[id]);
            foreach (string flag in (string[])["single_word", "lstrip", "rstrip", "normalized"])
                json.WriteBoolean(flag, false);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNull("normalizer");
        WriteByteLevel(json, "pre_tokenizer", _options.AddPrefixSpace);
        json.WriteNull("post_processor");
        WriteByteLevel(json, "decoder", addPrefixSpace: true);
        WriteModel(json);
    }

    private static void WriteByteLevel(Utf8JsonWriter json, string name, bool addPrefixSpace)
    {
        json.WriteStartObject(name);
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", addPrefixSpace);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", true);
        json.WriteEndObject();
    }

    private void WriteModel(Utf8JsonWriter json)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        foreach (string option in (string[])["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"])
            json.WriteNull(option);
        foreach (string option in (string[])["fuse_unk", "byte_fallback", "ignore_merges"])
            json.WriteBoolean(option, false);
        json.WriteStartObject("vocab");
        for (int id = 0; id < Tokens.Count; id++)
            json.WriteNumber(Tokens[id], id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach ((int left, int right) in Merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(Tokens[left]);
            json.WriteStringValue(Tokens[right]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteConfiguration(Utf8JsonWriter json)
    {
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        json.WriteString("bos_token", _options.EndOfTextToken);
        json.WriteString("eos_token", _options.EndOfTextToken);
        json.WriteString("pad_token", _options.PaddingToken);
        json.WriteBoolean("add_bos_token", false);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
    }
}
