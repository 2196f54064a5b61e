using System.Text;
using RetNet.Extensions.Core.Tokenizers.PreTokenization;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>Reads the <c>normalizer</c> of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    private const string Supported = "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Prepend, Replace, Strip or StripAccents";

    public static Normalizer Read(JsonPart part) =>
        new NormalizerSequence([.. StepReader.Steps(part, "normalizers").Select(ReadStep)]);

    private static Normalizer ReadStep(JsonPart part) => part.Type() switch
    {
        "NFC" => new UnicodeNormalizer(NormalizationForm.FormC),
        "NFD" => new UnicodeNormalizer(NormalizationForm.FormD),
        "NFKC" => new UnicodeNormalizer(NormalizationForm.FormKC),
        "NFKD" => new UnicodeNormalizer(NormalizationForm.FormKD),
        "Lowercase" => new LowercaseNormalizer(),
        "StripAccents" => new StripAccentsNormalizer(),
        "Prepend" => new PrependNormalizer(part.Required("prepend").ShortText()),
        "Strip" => new StripNormalizer(part.Flag("strip_left", true), part.Flag("strip_right", true)),
        "Replace" => new ReplaceNormalizer(TextPatternReader.Read(part.Required("pattern")), part.Required("content").ShortText()),
        _ => throw part.Unsupported("normalizer", Supported),
    };
}
