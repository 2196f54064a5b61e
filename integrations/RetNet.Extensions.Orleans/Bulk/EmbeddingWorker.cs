using Microsoft.Extensions.AI;

namespace RetNet.Extensions.Orleans.Bulk;

/// <summary>Embeds texts.</summary>
internal sealed class EmbeddingWorker(IEmbeddingGenerator<string, Embedding<float>> generator) : ITextWorker
{
    public async ValueTask<IReadOnlyList<float[]>> RunAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken) =>
        [.. (await generator.GenerateAsync(texts, cancellationToken: cancellationToken).ConfigureAwait(false)).Select(
            embedding => embedding.Vector.ToArray())];
}
