using System.Globalization;
using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>Removes combining marks.</summary>
internal sealed class StripAccentsNormalizer : Normalizer
{
    public override MarkedText Normalize(MarkedText text, int longest) => MarkedRuns.Transform(text, RemoveMarks);

    private static string RemoveMarks(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark))
                result.Append(rune);
        }
        return result.ToString();
    }
}
