using System.Runtime.CompilerServices;
using RetNet.Extensions.Orleans.Conversations;

namespace RetNet.Extensions.Orleans.Bulk;

/// <inheritdoc cref="IBulkTexts"/>
internal sealed class BulkTexts(IClusterClient cluster) : IBulkTexts
{
    public IAsyncEnumerable<BulkResult> RunAsync(
        string worker, IAsyncEnumerable<string> texts, BulkOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(worker);
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new BulkOptions();
        options.Validate();
        return WorkAsync(worker, texts, options, cancellationToken);
    }

    private async IAsyncEnumerable<BulkResult> WorkAsync(
        string worker, IAsyncEnumerable<string> texts, BulkOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using ResultsFile? file = options.ResultsPath is { } path ? ResultsFile.Open(path, worker) : null;
        using CancellationTokenSource leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // Each batch has a grain of its own. The oldest is waited for first, so that the results come in order, and the file is always the
        // beginning of them.
        Queue<Batch> inFlight = [];
        List<string> next = [];
        long index = 0;
        try
        {
            await foreach (string text in texts.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                if (file?.Next(text) is { } kept)
                {
                    yield return Result(kept);
                    continue;
                }

                next.Add(text);
                if (next.Count < options.BatchSize)
                    continue;
                Send();
                if (inFlight.Count < options.BatchesInFlight)
                    continue;
                foreach (float[] values in await FinishAsync(inFlight.Dequeue(), file).ConfigureAwait(false))
                    yield return Result(values);
            }

            if (next.Count > 0)
                Send();
            while (inFlight.TryDequeue(out Batch? batch))
            {
                foreach (float[] values in await FinishAsync(batch, file).ConfigureAwait(false))
                    yield return Result(values);
            }
        }
        finally
        {
            await leaving.CancelAsync().ConfigureAwait(false);
        }

        void Send()
        {
            string[] batch = [.. next];
            next.Clear();
            inFlight.Enqueue(new Batch(batch, RunAsync(worker, batch, options.RetryFor, leaving.Token)));
        }

        BulkResult Result(float[] values)
        {
            options.Progress?.Report(index + 1);
            return new BulkResult(index++, values);
        }
    }

    private static async Task<float[][]> FinishAsync(Batch batch, ResultsFile? file)
    {
        float[][] values = await batch.Values.ConfigureAwait(false);
        file?.Add(batch.Texts, values);
        return values;
    }

    private async Task<float[][]> RunAsync(string worker, string[] texts, TimeSpan retryFor, CancellationToken cancellationToken)
    {
        Retries retries = new(retryFor, TimeProvider.System);
        ITextGrain grain = cluster.GetGrain<ITextGrain>(Guid.NewGuid());
        while (true)
        {
            try
            {
                return await grain.RunAsync(worker, texts, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested && retries.IsWorthwhile(exception))
            {
                await retries.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private sealed record Batch(string[] Texts, Task<float[][]> Values);
}
