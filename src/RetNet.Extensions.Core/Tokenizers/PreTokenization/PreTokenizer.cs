namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>Cuts text into the pieces that byte-pair encoding never merges across (<c>pre_tokenizer</c> in tokenizer.json).</summary>
internal abstract class PreTokenizer
{
    /// <summary>The pieces that become of <paramref name="pieces"/>; added tokens pass through.</summary>
    public abstract List<Piece> Apply(List<Piece> pieces);
}
