using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>Puts a space before and after every CJK ideograph, as BERT does (<c>handle_chinese_chars</c>).</summary>
internal sealed class IdeographNormalizer : Normalizer
{
    public override MarkedText Normalize(MarkedText text, TextLimits limits) => MarkedRuns.Transform(text, Separate);

    private static string Separate(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsIdeograph(rune.Value))
                result.Append(' ').Append(rune).Append(' ');
            else
                result.Append(rune);
        }

        return result.ToString();
    }

    private static bool IsIdeograph(int character) => character
        is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
