namespace RetNet.Extensions.Orleans.Bulk;

/// <summary>Scores texts: perplexity, the sum of −ln p in nats, and the number of tokens that it is the sum over. The perplexity of a
/// text without a token to score is NaN.</summary>
internal sealed class PerplexityWorker(TextLikelihood likelihood) : ITextWorker
{
    public async ValueTask<IReadOnlyList<float[]>> RunAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken) =>
        [.. (await likelihood.ScoreAsync(texts, cancellationToken).ConfigureAwait(false)).Select(
            score => (float[])[(float)Math.Exp(score.Nats / score.Tokens), (float)score.Nats, score.Tokens])];
}
