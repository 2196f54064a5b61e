using RetNet.Extensions.Core.Tokenizers.PreTokenization;

namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>Replaces every match of a pattern by a fixed text.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string replacement) : Normalizer
{
    private readonly MarkedText _replacement = MarkedText.Trusted(replacement);

    public override MarkedText Normalize(MarkedText text, int longest)
    {
        var matches = new List<(int Start, int End)>();
        pattern.FindMatches(text.Text, matches);
        if (matches.Count == 0)
            return text;
        var result = new MarkedTextBuilder();
        var done = 0;
        foreach (var (start, end) in matches)
        {
            result.Append(text.Slice(done, start - done));
            result.Append(text.IsFromOutside(start, end - start) ? MarkedText.FromOutside(replacement) : _replacement);
            done = end;
            if (result.Length > longest)
                throw new TextGrowthException();
        }
        result.Append(text.Slice(done, text.Length - done));
        return result.ToMarkedText();
    }
}
