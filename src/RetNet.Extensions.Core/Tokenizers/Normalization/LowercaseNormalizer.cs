using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>Lower-cases each character by itself, without regard to language or position in the word.</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    private const string DottedCapitalI = "\u0130";
    private const string LowercaseDottedI = "i\u0307";

    public override MarkedText Normalize(MarkedText text, int longest) => MarkedRuns.Transform(text, Lowercase);

    private static string Lowercase(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            result.Append(Rune.ToLowerInvariant(rune));
        // The one character whose lower case is longer than itself.
        return result.ToString().Replace(DottedCapitalI, LowercaseDottedI, StringComparison.Ordinal);
    }
}
