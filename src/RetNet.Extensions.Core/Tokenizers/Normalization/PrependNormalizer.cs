namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>Puts a text in front of whatever is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    private readonly MarkedText _prefix = MarkedText.Trusted(prefix);

    public override MarkedText Normalize(MarkedText text, int longest) => text.Length == 0 ? text : _prefix + text;
}
