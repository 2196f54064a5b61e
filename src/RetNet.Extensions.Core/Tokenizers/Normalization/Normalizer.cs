namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>A step that rewrites text before it is cut into pieces (<c>normalizer</c> in tokenizer.json).</summary>
internal abstract class Normalizer
{
    /// <summary>Rewrites <paramref name="text"/>.</summary>
    /// <exception cref="TextGrowthException">The result passes <paramref name="longest"/> characters.</exception>
    public abstract MarkedText Normalize(MarkedText text, int longest);
}
