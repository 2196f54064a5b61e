using System.Globalization;
using System.Text.Json;
using RetNet.Extensions.Core.Tokenizers.PreTokenization;
using RetNet.Extensions.Core.Tokenizers.Text;
using RetNet.Extensions.Core.Tokenizers.Unicode;

namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>Reads the <c>normalizer</c> of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    private const string Map = "precompiled_charsmap";
    private const string Supported = "Sequence, NFC, NFD, NFKC, NFKD, Nmt, BertNormalizer, ByteLevel, Precompiled, Lowercase, Prepend, "
        + "Replace, Strip or StripAccents";

    public static Normalizer Read(JsonPart part) =>
        new NormalizerSequence([.. StepReader.Steps(part, "normalizers").SelectMany(ReadStep)]);

    private static PrecompiledMap ReadMap(JsonPart part) =>
        part.Element.ValueKind == JsonValueKind.String && part.Element.TryGetBytesFromBase64(out byte[]? bytes)
            ? PrecompiledMap.Read(bytes) ?? throw part.Unexpected("a trie and the texts that it names")
            : throw part.Unexpected("bytes in base64");

    private static IEnumerable<Normalizer> ReadStep(JsonPart part) => part.Type() == "BertNormalizer" ? ReadBert(part) : [ReadSingle(part)];

    // BasicTokenizer of BERT's tokenization.py, without its cutting into words.
    private static IEnumerable<Normalizer> ReadBert(JsonPart part)
    {
        bool lowercase = part.Flag("lowercase", true);
        if (part.Flag("clean_text", true))
            yield return new CleaningNormalizer();
        if (part.Flag("handle_chinese_chars", true))
            yield return new IdeographNormalizer();
        if (part.Flag("strip_accents", lowercase))
        {
            yield return new UnicodeNormalizer(UnicodeNormalization.Nfd);
            yield return new MarkRemovingNormalizer(category => category == UnicodeCategory.NonSpacingMark);
        }

        if (lowercase)
            yield return new LowercaseNormalizer();
    }

    private static Normalizer ReadSingle(JsonPart part) => part.Type() switch
    {
        "NFC" => new UnicodeNormalizer(UnicodeNormalization.Nfc),
        "NFD" => new UnicodeNormalizer(UnicodeNormalization.Nfd),
        "NFKC" => new UnicodeNormalizer(UnicodeNormalization.Nfkc),
        "NFKD" => new UnicodeNormalizer(UnicodeNormalization.Nfkd),
        "Nmt" => new NmtNormalizer(),
        "ByteLevel" => new ByteLevelNormalizer(),
        "Precompiled" => new PrecompiledNormalizer(ReadMap(part.Required(Map))),
        // Not a step of the library: it stands in files that are translated from SentencePiece's and GGUF.
        "SentencePiece" => new SentencePieceNormalizer(
            part.Member(Map) is { } map ? ReadMap(map) : null, part.Flag("add_dummy_prefix", true),
            part.Flag("remove_extra_whitespaces", true)),
        "Lowercase" => new LowercaseNormalizer(),
        "StripAccents" => new MarkRemovingNormalizer(category => category
            is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark),
        "Prepend" => new PrependNormalizer(part.Required("prepend").ShortText()),
        "Strip" => new StripNormalizer(part.Flag("strip_left", true), part.Flag("strip_right", true)),
        "Replace" => new ReplaceNormalizer(TextPatternReader.Read(part.Required("pattern")), part.Required("content").ShortText()),
        _ => throw part.Unsupported("normalizer", Supported),
    };
}
