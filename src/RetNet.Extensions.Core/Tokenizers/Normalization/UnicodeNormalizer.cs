using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>Unicode normalization: NFC, NFD, NFKC or NFKD.</summary>
internal sealed class UnicodeNormalizer(NormalizationForm form) : Normalizer
{
    public override MarkedText Normalize(MarkedText text, int longest)
    {
        if (text.Text.IsNormalized(form))
            return text;
        var whole = text.Text.Normalize(form);
        if (text.Data is null)
            return MarkedText.Trusted(whole);
        // Marks survive where template text and data do not combine with each other; else no character can be trusted.
        var parts = MarkedRuns.Transform(text, run => run.Normalize(form));
        return parts.Text == whole ? parts : MarkedText.FromOutside(whole);
    }
}
