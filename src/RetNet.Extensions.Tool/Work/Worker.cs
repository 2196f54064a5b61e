using System.Collections.Concurrent;
using NATS.Client.JetStream;

namespace RetNet.Extensions.Tool.Work;

/// <summary>Computes texts of a job until all have results.</summary>
/// <param name="queue">The job's queue.</param>
/// <param name="job">The job.</param>
/// <param name="task">Computes.</param>
/// <param name="limit">The most texts that it has taken from the queue at any time.</param>
/// <param name="progress">Told how many results the job has.</param>
internal sealed class Worker(WorkQueue queue, WorkJob job, ITextTask task, int limit, IProgress<long> progress)
{
    // Three messages may be lost before a text is given to another worker.
    private const int MessagesPerAckWait = 4;

    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<ulong, INatsJSMsg<byte[]>> _taken = new();
    private int _stored;

    /// <summary>Computes texts.</summary>
    /// <param name="cancellation">Ends the work, and gives the texts that are not finished back to the queue.</param>
    /// <returns>The number of results that it has stored.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        TimeSpan ackWait = await queue.AckWaitAsync(cancellation).ConfigureAwait(false);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] loops = [TakeAsync(stop.Token), KeepAsync(ackWait / MessagesPerAckWait, stop.Token)];
        await Task.WhenAny(loops).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (loops[0].IsCompletedSuccessfully ? loops[0] : loops.First(loop => loop.IsFaulted || loop.IsCanceled)).ConfigureAwait(false);
        return _stored;
    }

    private async Task TakeAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        List<Task> running = [];
        try
        {
            while (true)
            {
                if (running.Count == limit)
                    await Task.WhenAny(running).ConfigureAwait(false);
                int before = running.Count;
                await foreach (INatsJSMsg<byte[]> text in queue.FetchAsync(limit - before, stop.Token).ConfigureAwait(false))
                    running.Add(ComputeAsync(text, stop.Token));
                bool isIdle = running.Count == before;
                foreach (Task ended in running.Where(one => one.IsCompleted).ToArray())
                {
                    running.Remove(ended);
                    await ended.ConfigureAwait(false);
                }

                if (isIdle && await ReportAsync(stop.Token).ConfigureAwait(false))
                    return;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using CancellationTokenSource farewell = new(FarewellTime);
            await queue.FlushAsync(farewell.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the server that the texts are still worked on.</summary>
    private async Task KeepAsync(TimeSpan interval, CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(interval);
        while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false))
        {
            foreach (INatsJSMsg<byte[]> text in _taken.Values)
                await text.AckProgressAsync(cancellationToken: cancellation).ConfigureAwait(false);
        }
    }

    private async Task<bool> ReportAsync(CancellationToken cancellation)
    {
        long results = await queue.CountResultsAsync(cancellation).ConfigureAwait(false);
        progress.Report(results);
        return results >= job.Texts;
    }

    private async Task ComputeAsync(INatsJSMsg<byte[]> message, CancellationToken cancellation)
    {
        ulong number = message.Metadata!.Value.Sequence.Stream;
        _taken[number] = message;
        try
        {
            byte[] result = await ResultAsync(WorkText.FromBytes(message.Data!), cancellation).ConfigureAwait(false);
            if (await queue.StoreAsync(number, result, cancellation).ConfigureAwait(false) is { } results)
            {
                Interlocked.Increment(ref _stored);
                progress.Report(results);
            }

            await message.AckAsync(cancellationToken: cancellation).ConfigureAwait(false);
        }
        catch
        {
            // Another worker need not wait until the server misses this one.
            using CancellationTokenSource farewell = new(FarewellTime);
            await message.NakAsync(cancellationToken: farewell.Token).ConfigureAwait(false);
            throw;
        }
        finally
        {
            _taken.TryRemove(number, out _);
        }
    }

    private async Task<byte[]> ResultAsync(WorkText text, CancellationToken cancellation)
    {
        byte[] result;
        try
        {
            result = text.WithId(await task.ComputeAsync(text.Text, cancellation).ConfigureAwait(false));
        }
        catch (ArgumentException exception)
        {
            return Error(exception.Message);
        }

        return result.Length <= queue.MaximumBytes
            ? result
            : Error($"The result has {result.Length} bytes; the NATS server takes {queue.MaximumBytes} (max_payload).");

        byte[] Error(string message) => text.WithId(json => json.WriteString("error", message));
    }
}
