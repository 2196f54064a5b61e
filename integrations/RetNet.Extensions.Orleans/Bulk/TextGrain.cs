using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;

namespace RetNet.Extensions.Orleans.Bulk;

/// <inheritdoc cref="ITextGrain"/>
/// <remarks>There is one for each batch, placed at random, so that silos that join get batches of jobs that run. A StatelessWorker of
/// Orleans would stay on the silo that was asked, so that a client within a silo would use no other.</remarks>
[GrainType("retnet-text"), RandomPlacement]
internal sealed class TextGrain(IServiceProvider services) : Grain, ITextGrain
{
    public async Task<float[][]> RunAsync(string worker, string[] texts, CancellationToken cancellationToken)
    {
        ITextWorker found = services.GetKeyedService<ITextWorker>(worker) ?? throw new ArgumentException(
            $"The silo has no worker '{worker}'; expected one that silo.AddRetNetTextWorker registered.", nameof(worker));
        try
        {
            IReadOnlyList<float[]> values = await found.RunAsync(texts, cancellationToken);
            return values.Count == texts.Length ? [.. values] : throw new InvalidOperationException(
                $"The worker '{worker}' gave {values.Count} results for {texts.Length} texts; expected one for each.");
        }
        finally
        {
            DeactivateOnIdle();
        }
    }
}
