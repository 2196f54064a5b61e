using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using NATS.Client.Core;
using NATS.Client.JetStream;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Tool.Work;

/// <summary>Computes texts of a job until all have results.</summary>
/// <param name="queue">The job's queue.</param>
/// <param name="job">The job.</param>
/// <param name="task">Computes.</param>
/// <param name="limit">The most texts that it has taken from the queue at any time.</param>
/// <param name="progress">Told how many results the job has.</param>
internal sealed class Worker(WorkQueue queue, WorkJob job, ITextTask task, int limit, IProgress<long> progress) : IDisposable
{
    // Three messages may be lost before a text is given to another worker.
    private const int MessagesPerAckWait = 4;

    // A text is too much for all workers when so many have had it: its failure is its result.
    private const ulong MostDeliveries = 5;

    // One that was taken more often has no failure to tell, since the process ended: it, or one that was taken with it, is to blame. It is
    // computed alone, and no longer after so many deliveries.
    private const ulong MostDeliveriesAlone = 10;

    private static readonly TimeSpan TellTime = TimeSpan.FromSeconds(5);

    // A text that failed comes back when no fetch of this worker is open any more, and amid one of the next: where a fetch ends at that
    // moment, servers of before April 2024 forget how often the text was taken (nats-server, pull request 5305).
    private static readonly TimeSpan FailureRest = 1.5 * WorkQueue.FetchTime;

    private readonly ConcurrentDictionary<ulong, INatsJSMsg<byte[]>> _taken = new();
    private readonly CancellationTokenSource _complete = new();
    private int _stored;

    /// <summary>Computes texts.</summary>
    /// <param name="cancellation">Ends the work, and gives the texts that are not finished back to the queue.</param>
    /// <returns>The number of results that it has stored.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        INatsJSConsumer consumer = await queue.ConsumerAsync(cancellation).ConfigureAwait(false);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task keeping = KeepAsync(consumer.Info.Config.AckWait / MessagesPerAckWait, stop.Token);
        try
        {
            await TakeAsync(consumer, cancellation).ConfigureAwait(false);
            return _stored;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _complete.Dispose();

    // Texts whose workers were killed are taken when nothing else is computed, and one by one: what waits behind another counts as taken,
    // too. Each of them was taken before, which the server tells without handing it out.
    private async Task TakeAsync(INatsJSConsumer consumer, CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

        // What the server has sent already is given back, too.
        using CancellationTokenSource fetchEnd = CancellationTokenSource.CreateLinkedTokenSource(_complete.Token);
        using CancellationTokenRegistration registration = stop.Token.Register(() => fetchEnd.CancelAfter(TellTime));
        List<Task> running = [];
        bool takesAlone = true;
        try
        {
            while (!_complete.IsCancellationRequested)
            {
                bool takesOne = consumer.Info.NumRedelivered > 0;
                if (takesOne && takesAlone)
                    await Task.WhenAll(running).ConfigureAwait(false);
                else if (running.Count == limit)
                    await Task.WhenAny(running).ConfigureAwait(false);
                foreach (Task ended in running.Where(one => one.IsCompleted).ToArray())
                {
                    running.Remove(ended);
                    await ended.ConfigureAwait(false);
                }

                int before = running.Count;
                long began = Stopwatch.GetTimestamp();
                takesAlone = false;
                IAsyncEnumerable<INatsJSMsg<byte[]>> texts = WorkQueue.FetchAsync(
                    consumer, takesOne ? 1 : limit - before, fetchEnd.Token);
                await foreach (INatsJSMsg<byte[]> text in texts.ConfigureAwait(false))
                {
                    bool isAlone = Deliveries(text) > MostDeliveries;
                    running.Add(ComputeAsync(text, isAlone ? Task.WhenAll(running.ToArray()) : Task.CompletedTask, stop.Token));
                    takesAlone |= isAlone;
                }

                stop.Token.ThrowIfCancellationRequested();
                bool tookNone = running.Count == before;
                if (tookNone)
                    Report(await queue.CountResultsAsync(stop.Token).ConfigureAwait(false));

                // Whoever collects the results may have deleted the consumer by then.
                if (_complete.IsCancellationRequested)
                    break;
                if (tookNone)
                {
                    // A consumer that is gone ends a fetch at once, or lets it wait in vain; so does one that has too many fetches.
                    TimeSpan rest = WorkQueue.FetchTime - Stopwatch.GetElapsedTime(began);
                    await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, stop.Token).ConfigureAwait(false);
                }

                consumer = await queue.ConsumerAsync(stop.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await TryAsync(queue.FlushAsync).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the server that the texts are still worked on.</summary>
    private async Task KeepAsync(TimeSpan interval, CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(interval);
        while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false))
        {
            foreach (INatsJSMsg<byte[]> text in _taken.Values)
                await TryAsync(token => text.AckProgressAsync(cancellationToken: token).AsTask(), cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the server something, of which nothing depends but how soon a text is computed.</summary>
    private static async Task TryAsync(Func<CancellationToken, Task> tell, CancellationToken cancellation = default)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TellTime);
        try
        {
            await tell(patience.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is NatsException or OperationCanceledException)
        {
            // The server gives the text to a worker again when it misses an answer.
        }
    }

    private void Report(long results)
    {
        progress.Report(results);
        if (results >= job.Texts)
            _complete.Cancel();
    }

    private static ulong Deliveries(INatsJSMsg<byte[]> message) => message.Metadata!.Value.NumDelivered;

    /// <param name="message">The text.</param>
    /// <param name="before">What it waits for.</param>
    /// <param name="cancellation">Gives it back.</param>
    private async Task ComputeAsync(INatsJSMsg<byte[]> message, Task before, CancellationToken cancellation)
    {
        ulong number = message.Metadata!.Value.Sequence.Stream;
        _taken[number] = message;
        try
        {
            await before.WaitAsync(cancellation).ConfigureAwait(false);
            byte[] result = await ResultAsync(message, number, cancellation).ConfigureAwait(false);
            if (await queue.StoreAsync(number, result, cancellation).ConfigureAwait(false) is { } results)
            {
                Interlocked.Increment(ref _stored);
                Report(results);
            }

            await TryAsync(token => message.AckAsync(cancellationToken: token).AsTask()).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Another worker need not wait until the server misses this one.
            AckOpts options = new() { NakDelay = exception is OperationCanceledException ? TimeSpan.Zero : FailureRest };
            await TryAsync(token => message.NakAsync(options, token).AsTask()).ConfigureAwait(false);
            throw;
        }
        finally
        {
            _taken.TryRemove(number, out _);
        }
    }

    private async Task<byte[]> ResultAsync(INatsJSMsg<byte[]> message, ulong number, CancellationToken cancellation)
    {
        WorkText text;
        try
        {
            text = WorkText.FromBytes(message.Data ?? []);
        }
        catch (Exception exception) when (exception is JsonException or CommandException or InvalidOperationException)
        {
            // Somebody else sent it.
            text = new WorkText(JsonElement.Parse($"{number}"), "");
            return Error($"The message in the job's stream is no text: {exception.Message}");
        }

        ulong deliveries = Deliveries(message);
        if (deliveries > MostDeliveriesAlone)
            return Error($"The text was taken {deliveries} times, and each worker ended without a result of it.");
        byte[] result;
        try
        {
            result = text.WithId(await task.ComputeAsync(text.Text, cancellation).ConfigureAwait(false));
        }
        catch (Exception exception) when (
            exception is (ArgumentException and not StateBudgetException) or TokenizerException or ChatTemplateException
            || (deliveries >= MostDeliveries && exception is not OperationCanceledException))
        {
            return Error(exception.Message);
        }

        return result.Length <= queue.MaximumBytes
            ? result
            : Error($"The result has {result.Length} bytes; the NATS server takes {queue.MaximumBytes} (max_payload).");

        byte[] Error(string message) => text.WithId(json => json.WriteString("error", message));
    }
}
