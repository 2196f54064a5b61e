using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>Cuts text into the pieces that byte-pair encoding never merges across (<c>pre_tokenizer</c> in tokenizer.json).</summary>
internal abstract class PreTokenizer
{
    /// <summary>Cuts <paramref name="pieces"/> into smaller pieces; added tokens pass through.</summary>
    /// <exception cref="TextGrowthException">The pieces are longer than <paramref name="limits"/> allow.</exception>
    /// <exception cref="TextTimeException">A regular expression takes too long.</exception>
    public abstract List<Piece> Apply(List<Piece> pieces, TextLimits limits);
}

/// <summary>Pre-tokenizers one after the other.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    public override List<Piece> Apply(List<Piece> pieces, TextLimits limits) =>
        steps.Aggregate(pieces, (current, step) => step.Apply(current, limits));
}

/// <summary>Where Metaspace puts its character in front.</summary>
internal enum PrependScheme
{
    /// <summary>Before every piece.</summary>
    Always,

    /// <summary>Only where the whole text begins.</summary>
    First,

    /// <summary>Nowhere.</summary>
    Never,
}

/// <summary>What happens to the text that a pattern matched.</summary>
internal enum SplitBehavior
{
    /// <summary>A match is dropped.</summary>
    Removed,

    /// <summary>A match is a piece of its own.</summary>
    Isolated,

    /// <summary>A match ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>A match begins the piece after it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring matches are one piece.</summary>
    Contiguous,
}
