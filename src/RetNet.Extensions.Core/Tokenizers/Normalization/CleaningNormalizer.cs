using System.Globalization;
using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>Drops control characters and U+FFFD, and makes every white space a space, as BERT does (<c>clean_text</c>).</summary>
internal sealed class CleaningNormalizer : Normalizer
{
    public override MarkedText Normalize(MarkedText text, TextLimits limits) => MarkedRuns.Transform(text, Clean);

    private static string Clean(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) && !IsDropped(rune))
                result.Append(' ');
            else if (!IsDropped(rune))
                result.Append(rune);
        }

        return result.ToString();
    }

    private static bool IsDropped(Rune rune) => rune.Value is 0 or 0xFFFD || (rune.Value is not ('\t' or '\n' or '\r')
        && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse);
}
