using System.Text.Json;
using static RetNet.Extensions.Core.Checkpoints.TokenizerJson;

namespace RetNet.Extensions.Core.Checkpoints.Files;

/// <summary>vocab.txt as transformers reads it for BERT.</summary>
internal static class WordPieceFiles
{
    /// <summary>Translates a tokenizer.</summary>
    /// <param name="words">The lines of vocab.txt, the tokens by id.</param>
    /// <param name="settings">What the files beside it say; tokens that they do not name get BERT's names.</param>
    /// <returns>Content of a tokenizer.json.</returns>
    /// <exception cref="CheckpointException">The tokenizer is of another class.</exception>
    public static byte[] Translate(string[] words, TokenizerSettingsFile settings)
    {
        if (settings.Class is not ("" or "BertTokenizer" or "DistilBertTokenizer" or "ElectraTokenizer" or "MobileBertTokenizer"))
            throw settings.UnknownClass("BertTokenizer or its like beside vocab.txt");
        settings.Complete(("unk_token", "[UNK]"), ("sep_token", "[SEP]"), ("pad_token", "[PAD]"), ("cls_token", "[CLS]"),
            ("mask_token", "[MASK]"));
        return Write(json => WriteTokenizer(json, words, settings));
    }

    private static void WriteTokenizer(Utf8JsonWriter json, string[] words, TokenizerSettingsFile settings)
    {
        json.WriteStartArray("added_tokens");
        foreach ((int id, WrittenToken token) in settings.WithRoles(words.Index()))
            WriteAddedToken(json, id, token);
        json.WriteEndArray();
        json.WriteStartObject("normalizer");
        json.WriteString("type", "BertNormalizer");
        json.WriteBoolean("lowercase", settings.Flag("do_lower_case") ?? true);
        WriteFlag("strip_accents", "strip_accents");
        WriteFlag("handle_chinese_chars", "tokenize_chinese_chars");
        json.WriteEndObject();
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "BertPreTokenizer");
        json.WriteEndObject();
        WriteTemplate(json, words, Role("cls_token"), Role("sep_token"));
        json.WriteStartObject("decoder");
        json.WriteString("type", "WordPiece");
        json.WriteString("prefix", "##");
        json.WriteEndObject();
        json.WriteStartObject("model");
        json.WriteString("type", "WordPiece");
        json.WriteString("unk_token", settings.Name("unk_token"));
        json.WriteStartObject("vocab");
        for (int id = 0; id < words.Length; id++)
            json.WriteNumber(words[id], id);
        json.WriteEndObject();
        json.WriteEndObject();

        int? Find(string name) => Array.IndexOf(words, name) is var id and >= 0 ? id : null;

        int? Role(string role) => settings.Name(role) is { } name ? Find(name) : null;

        void WriteFlag(string name, string setting)
        {
            if (settings.Flag(setting) is bool flag)
                json.WriteBoolean(name, flag);
        }
    }
}
