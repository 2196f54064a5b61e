using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>What SentencePiece does to a text before it cuts it: its compiled normalization, the longest match first; then each space
/// becomes "▁".</summary>
/// <param name="map">The compiled normalization; null for none.</param>
/// <param name="addsPrefix">Whether a space is put in front (<c>add_dummy_prefix</c>).</param>
/// <param name="trims">Whether spaces at the ends go, and of several together all but one (<c>remove_extra_whitespaces</c>).</param>
internal sealed class SentencePieceNormalizer(PrecompiledMap? map, bool addsPrefix, bool trims) : Normalizer
{
    private const char Space = '▁';

    private static readonly MarkedText Prefix = MarkedText.Trusted(Space.ToString());

    public override MarkedText Normalize(MarkedText text, TextLimits limits)
    {
        MarkedTextBuilder result = new();
        if (addsPrefix && text.Length > 0)
            result.Append(Prefix);
        bool isAfterSpace = trims;
        for (int start = 0, length; start < text.Length; start += length)
        {
            string part = Replacement(text.Text.AsSpan(start), out length);
            if (isAfterSpace)
                part = part.TrimStart(' ');
            if (part.Length == 0)
                continue;
            isAfterSpace = trims && part[^1] == ' ';
            part = part.Replace(' ', Space);
            result.Append(text.Origins is null ? MarkedText.Trusted(part) : text.Slice(start, length).Derive(part));
            limits.Require(result.Length);
        }

        MarkedText normalized = result.ToMarkedText();
        return trims ? normalized.Slice(0, normalized.Text.AsSpan().TrimEnd(Space).Length) : normalized;
    }

    private string Replacement(ReadOnlySpan<char> text, out int length)
    {
        if (map is not null && map.TryMatch(text, longest: true, out length, out string replacement))
            return replacement;
        Rune.DecodeFromUtf16(text, out Rune rune, out length);
        return rune.ToString();
    }
}
