namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>Removes white space at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override MarkedText Normalize(MarkedText text, int longest)
    {
        var start = left ? text.Length - text.Text.AsSpan().TrimStart().Length : 0;
        var end = right ? text.Text.AsSpan().TrimEnd().Length : text.Length;
        return text.Slice(start, Math.Max(0, end - start));
    }
}
