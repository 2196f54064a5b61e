using System.Buffers;
using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Writes the parts of a tokenizer.json, for vocabularies of other formats.</summary>
internal static class TokenizerJson
{
    private const string Space = "▁";

    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> content = new();
        using (Utf8JsonWriter json = new(content))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return content.WrittenSpan.ToArray();
    }

    public static void WriteSpaceDecoder(Utf8JsonWriter json, bool addSpace) => WriteSequence(json, "decoder", "decoders", () =>
    {
        WriteReplacement(json, Space, " ");
        WriteStep(json, "ByteFallback");
        WriteStep(json, "Fuse");
        if (addSpace)
            WriteStep(json, "Strip", () => WriteStrip(json));
    });

    public static void WriteSequence(Utf8JsonWriter json, string name, string list, Action writeSteps)
    {
        json.WriteStartObject(name);
        json.WriteString("type", "Sequence");
        json.WriteStartArray(list);
        writeSteps();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteStep(Utf8JsonWriter json, string type, Action? writeOptions = null)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        writeOptions?.Invoke();
        json.WriteEndObject();
    }

    public static void WriteReplacement(Utf8JsonWriter json, string literal, string content) => WriteStep(json, "Replace", () =>
    {
        json.WriteStartObject("pattern");
        json.WriteString("String", literal);
        json.WriteEndObject();
        json.WriteString("content", content);
    });

    public static void WriteSplit(Utf8JsonWriter json, string expression)
    {
        json.WriteStartObject("pattern");
        json.WriteString("Regex", expression);
        json.WriteEndObject();
        json.WriteString("behavior", "Isolated");
        json.WriteBoolean("invert", false);
    }

    /// <summary>Words are cut by expressions, one after the other, and written as bytes.</summary>
    public static void WriteByteLevelSteps(Utf8JsonWriter json, IEnumerable<string> expressions, bool composes)
    {
        if (composes)
            WriteSequence(json, "normalizer", "normalizers", () => WriteStep(json, "NFC"));
        WriteSequence(json, "pre_tokenizer", "pretokenizers", () =>
        {
            foreach (string expression in expressions)
                WriteStep(json, "Split", () => WriteSplit(json, expression));
            WriteStep(json, "ByteLevel", () => WriteByteLevelFlags(json, addSpace: false, useRegex: false));
        });
        WriteByteLevelDecoder(json);
    }

    public static void WriteByteLevelFlags(Utf8JsonWriter json, bool addSpace, bool useRegex)
    {
        json.WriteBoolean("add_prefix_space", addSpace);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", useRegex);
    }

    public static void WriteByteLevelDecoder(Utf8JsonWriter json)
    {
        json.WriteStartObject("decoder");
        json.WriteString("type", "ByteLevel");
        WriteByteLevelFlags(json, addSpace: false, useRegex: true);
        json.WriteEndObject();
    }

    public static void WriteStrip(Utf8JsonWriter json)
    {
        json.WriteString("content", " ");
        json.WriteNumber("start", 1);
        json.WriteNumber("stop", 0);
    }

    /// <summary>Each space becomes "▁", and one is put in front.</summary>
    public static void WriteSpaceNormalizer(Utf8JsonWriter json, bool addSpace) => WriteSequence(json, "normalizer", "normalizers", () =>
    {
        if (addSpace)
            WriteStep(json, "Prepend", () => json.WriteString("prepend", Space));
        WriteReplacement(json, " ", Space);
    });

    /// <summary>What SentencePiece does before it cuts a text.</summary>
    public static void WriteSentencePieceNormalizer(Utf8JsonWriter json, ReadOnlySpan<byte> map, bool addSpace, bool trims)
    {
        json.WriteStartObject();
        json.WriteString("type", "SentencePiece");
        if (map.Length > 0)
            json.WriteBase64String("precompiled_charsmap", map);
        json.WriteBoolean("add_dummy_prefix", addSpace);
        json.WriteBoolean("remove_extra_whitespaces", trims);
        json.WriteEndObject();
    }

    /// <summary>Adds the token of an id to the list that is open.</summary>
    public static void WriteAddedToken(Utf8JsonWriter json, int id, WrittenToken token)
    {
        json.WriteStartObject();
        json.WriteNumber("id", id);
        json.WriteString("content", token.Content);
        json.WriteBoolean("normalized", false);
        json.WriteBoolean("special", token.IsSpecial);
        json.WriteBoolean("lstrip", token.TakesSpaceBefore);
        json.WriteBoolean("rstrip", token.TakesSpaceAfter);
        json.WriteBoolean("single_word", token.IsWholeWord);
        json.WriteEndObject();
    }

    /// <summary>The tokens that go before and after a text, by their ids.</summary>
    public static void WriteTemplate(Utf8JsonWriter json, string[] tokens, int? before, int? after)
    {
        WriteTemplate(json, Token(before), Token(after));

        (string, int)? Token(int? id) => id is null ? null : (tokens[id.Value], id.Value);
    }

    /// <summary>The tokens that go before and after a text.</summary>
    public static void WriteTemplate(Utf8JsonWriter json, (string Text, int Id)? before, (string Text, int Id)? after)
    {
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        json.WriteStartArray("single");
        WriteTemplatePart(json, before?.Text);
        json.WriteStartObject();
        json.WriteStartObject("Sequence");
        json.WriteString("id", "A");
        json.WriteEndObject();
        json.WriteEndObject();
        WriteTemplatePart(json, after?.Text);
        json.WriteEndArray();
        json.WriteStartObject("special_tokens");
        foreach ((string text, int id) in new[] { before, after }.OfType<(string, int)>().Distinct())
        {
            json.WriteStartObject(text);
            json.WriteStartArray("ids");
            json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static void WriteUnigramModel(
        Utf8JsonWriter json, string[] tokens, Func<int, float> score, int? unknown, bool fallsBackToBytes)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "Unigram");
        json.WriteBoolean("single_precision", true);
        json.WriteBoolean("byte_fallback", fallsBackToBytes);
        if (unknown is not null)
            json.WriteNumber("unk_id", unknown.Value);
        json.WriteStartArray("vocab");
        for (int id = 0; id < tokens.Length; id++)
        {
            json.WriteStartArray();
            json.WriteStringValue(tokens[id]);
            json.WriteNumberValue(score(id));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteBytePairModel(
        Utf8JsonWriter json, string[] tokens, Func<int, bool> isInModel, IEnumerable<(int Left, int Right)> merges,
        int? unknown, bool fallsBackToBytes, bool ignoreMerges)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteBoolean("byte_fallback", fallsBackToBytes);
        json.WriteBoolean("fuse_unk", unknown is not null);
        json.WriteBoolean("ignore_merges", ignoreMerges);
        if (unknown is not null)
            json.WriteString("unk_token", tokens[unknown.Value]);
        json.WriteStartObject("vocab");
        for (int id = 0; id < tokens.Length; id++)
        {
            if (isInModel(id))
                json.WriteNumber(tokens[id], id);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach ((int left, int right) in merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(tokens[left]);
            json.WriteStringValue(tokens[right]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTemplatePart(Utf8JsonWriter json, string? token)
    {
        if (token is null)
            return;
        json.WriteStartObject();
        json.WriteStartObject("SpecialToken");
        json.WriteString("id", token);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
