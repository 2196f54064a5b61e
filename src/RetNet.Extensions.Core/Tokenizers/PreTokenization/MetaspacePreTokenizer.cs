namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>Treats spaces as SentencePiece does: each becomes a visible character ("▁"), one is put in front, and words are cut before
/// it.</summary>
internal sealed class MetaspacePreTokenizer(string replacement, PrependScheme scheme, bool split) : PreTokenizer
{
    private readonly SplitPreTokenizer _splitter = new(new LiteralPattern(replacement), SplitBehavior.MergedWithNext, invert: false);

    public override List<Piece> Apply(List<Piece> pieces)
    {
        List<Piece> result = new(pieces.Count);
        foreach (Piece piece in pieces)
            result.Add(piece.IsToken ? piece : piece with { Text = Rewrite(piece).AsMemory() });
        return split ? _splitter.Apply(result) : result;
    }

    private string Rewrite(Piece piece)
    {
        string text = piece.Text.ToString().Replace(" ", replacement, StringComparison.Ordinal);
        bool prepend = scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.AtStart);
        return prepend && !text.StartsWith(replacement, StringComparison.Ordinal) ? replacement + text : text;
    }
}
