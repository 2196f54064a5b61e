namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>Normalizers one after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<Normalizer> steps) : Normalizer
{
    public override MarkedText Normalize(MarkedText text, int longest)
    {
        foreach (var step in steps)
        {
            text = step.Normalize(text, longest);
            if (text.Length > longest)
                throw new TextGrowthException();
        }
        return text;
    }
}
