using System.Globalization;
using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>
/// SentencePiece's compiled normalization as the tokenizers library applies it: to a whole grapheme of less than six bytes, of which the
/// shortest text of the map that it begins with is enough, and otherwise to each character.
/// </summary>
internal sealed class PrecompiledNormalizer(PrecompiledMap map) : Normalizer
{
    private const int LongestGrapheme = 5;

    public override MarkedText Normalize(MarkedText text, TextLimits limits) =>
        MarkedRuns.Transform(text, run => Normalize(run, limits));

    private string Normalize(string text, TextLimits limits)
    {
        StringBuilder result = new(text.Length);
        for (int start = 0, length; start < text.Length; start += length)
        {
            length = StringInfo.GetNextTextElementLength(text.AsSpan(start));
            ReadOnlySpan<char> grapheme = text.AsSpan(start, length);
            if (length <= LongestGrapheme && Encoding.UTF8.GetByteCount(grapheme) <= LongestGrapheme
                && map.TryMatch(grapheme, longest: false, out _, out string whole))
            {
                result.Append(whole);
            }
            else
            {
                foreach (Rune rune in grapheme.EnumerateRunes())
                    result.Append(map.TryMatch(rune.ToString(), longest: false, out _, out string part) ? part : rune.ToString());
            }

            limits.Require(result.Length);
        }

        return result.ToString();
    }
}
