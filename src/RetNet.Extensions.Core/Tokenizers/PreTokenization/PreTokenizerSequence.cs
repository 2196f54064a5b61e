namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>Pre-tokenizers one after the other.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    public override List<Piece> Apply(List<Piece> pieces) => steps.Aggregate(pieces, (current, step) => step.Apply(current));
}
