using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.AI.Embeddings;

/// <summary>The tokens of texts that are embedded.</summary>
/// <param name="Embedder">Embeds them.</param>
/// <param name="Tokens">The tokens of each.</param>
/// <param name="Cut">How many of them lack their end.</param>
internal sealed record EncodedTexts(TextEmbedder Embedder, IReadOnlyList<int[]> Tokens, int Cut)
{
    // Beside one request others go on.
    private const int PartsOfBudget = 4;

    /// <summary>The tokens in parts whose states take a quarter of a budget, or what the largest text takes alone.</summary>
    /// <exception cref="StateBudgetException">The states of a text would not fit the whole budget.</exception>
    public IEnumerable<IReadOnlyList<int[]>> Within(MemoryBudget budget)
    {
        long largest = Tokens.Select(text => Embedder.StateBytes([text])).DefaultIfEmpty().Max();
        budget.RequireRoom(largest);
        return Within(Tokens, Math.Max(largest, budget.Bytes / PartsOfBudget));
    }

    private IEnumerable<IReadOnlyList<int[]>> Within(IReadOnlyList<int[]> texts, long bytes) =>
        texts.Count < 2 || Embedder.StateBytes(texts) <= bytes
            ? [texts]
            : Within([.. texts.Take(texts.Count / 2)], bytes).Concat(Within([.. texts.Skip(texts.Count / 2)], bytes));
}
