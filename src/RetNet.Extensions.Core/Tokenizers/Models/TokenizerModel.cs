namespace RetNet.Extensions.Core.Tokenizers.Models;

/// <summary>Turns a piece of text into ids (<c>model</c> in tokenizer.json). Thread-safe.</summary>
internal abstract class TokenizerModel
{
    /// <summary>Appends the ids of <paramref name="piece"/> to <paramref name="ids"/>.</summary>
    public abstract void Encode(ReadOnlySpan<char> piece, List<int> ids);
}
