using RetNet.Extensions.Core;

namespace RetNet.Extensions.AI.Embeddings;

/// <summary>The tokens of texts that are embedded.</summary>
/// <param name="Embedder">Embeds them.</param>
/// <param name="Tokens">The tokens of each.</param>
/// <param name="Cut">How many of them lack their end.</param>
internal sealed record EncodedTexts(TextEmbedder Embedder, IReadOnlyList<int[]> Tokens, int Cut)
{
    /// <summary>The tokens in parts whose states fit a budget, as far as that is possible.</summary>
    public IEnumerable<IReadOnlyList<int[]>> Within(long bytes) => Within(Tokens, bytes);

    private IEnumerable<IReadOnlyList<int[]>> Within(IReadOnlyList<int[]> texts, long bytes) =>
        texts.Count < 2 || Embedder.StateBytes(texts) <= bytes
            ? [texts]
            : Within([.. texts.Take(texts.Count / 2)], bytes).Concat(Within([.. texts.Skip(texts.Count / 2)], bytes));
}
