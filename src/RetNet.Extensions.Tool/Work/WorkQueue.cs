using System.Runtime.CompilerServices;
using System.Text;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace RetNet.Extensions.Tool.Work;

/// <summary>The texts and results of a job in NATS JetStream.</summary>
/// <remarks>
/// Texts lie in a work queue, from which a text goes when its result has been stored: a worker that ends before leaves its texts to others.
/// Text n has the sequence number n in its stream, so that a submission goes on where an earlier one ended. The result of text n has a
/// subject of its own, which takes one message. The first message of their stream says how they are computed.
/// </remarks>
internal sealed class WorkQueue : IAsyncDisposable
{
    private const string Workers = "workers";
    private const int WindowLength = 64;

    // Statuses and an error code of JetStream.
    private const int NotFound = 404;
    private const int Unavailable = 503;
    private const int WrongLastSequence = 10071;

    // Room for the headers of a message.
    private const int HeaderBytes = 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);
    /// <summary>How long a fetch waits for texts.</summary>
    public static readonly TimeSpan FetchTime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FetchPatience = TimeSpan.FromSeconds(10);

    private readonly NatsConnection _connection;
    private readonly NatsJSContext _jetStream;
    private readonly string _name;
    private readonly string _subject;

    private WorkQueue(NatsConnection connection, string name)
    {
        (_connection, _name, _subject) = (connection, name, $"retnet.work.{name}");
        _jetStream = new NatsJSContext(connection);
    }

    /// <summary>Bytes that a message may have.</summary>
    public int MaximumBytes => (_connection.ServerInfo?.MaxPayload ?? 1 << 20) - HeaderBytes;

    private string TextStream => $"retnet-work-{_name}-texts";

    private string ResultStream => $"retnet-work-{_name}-results";

    private string TextSubject => $"{_subject}.texts";

    private string ModelSubject => $"{_subject}.model";

    /// <summary>Connects to a server.</summary>
    /// <param name="address">The server.</param>
    /// <param name="name">The name of the job.</param>
    public static async Task<WorkQueue> ConnectAsync(NatsAddress address, string name)
    {
        NatsConnection connection = new(new NatsOpts
        {
            Url = address.Url,
            Name = $"retnet work {name}",

            // Otherwise the client waits for a server without end.
            PublishTimeoutOnDisconnected = true,
            AuthOpts = new NatsAuthOpts
            {
                Username = address.User,
                Password = address.User is null ? null : address.Secret,
                Token = address.User is null ? address.Secret : null,
                CredsFile = address.CredentialsFile,
            },
        });
        try
        {
            await connection.ConnectAsync().ConfigureAwait(false);
            return new WorkQueue(connection, name);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes the job's streams unless they exist.</summary>
    /// <param name="job">The job.</param>
    /// <param name="ackWait">How long a text stays a worker's that says nothing of it.</param>
    /// <param name="cancellation">Observed between requests.</param>
    /// <returns>The number of texts that an earlier submission has sent.</returns>
    /// <exception cref="CommandException">There is another job of this name.</exception>
    public async Task<long> CreateAsync(WorkJob job, TimeSpan ackWait, CancellationToken cancellation)
    {
        string description = job.ToJson();

        // Results without texts are those of a job whose removal was interrupted.
        if (await FindStreamAsync(TextStream, cancellation).ConfigureAwait(false) is null)
            await DeleteStreamAsync(ResultStream, cancellation).ConfigureAwait(false);
        await EnsureStreamAsync(
            new StreamConfig(ResultStream, [$"{_subject}.results.*", ModelSubject]) { Description = description, AllowDirect = true },
            cancellation).ConfigureAwait(false);
        INatsJSStream texts = await EnsureStreamAsync(
            new StreamConfig(TextStream, [TextSubject])
            {
                Description = description,
                Retention = StreamConfigRetention.Workqueue,
            },
            cancellation).ConfigureAwait(false);
        await _jetStream.CreateOrUpdateConsumerAsync(
            TextStream,
            new ConsumerConfig(Workers) { AckPolicy = ConsumerConfigAckPolicy.Explicit, AckWait = ackWait, MaxAckPending = -1 },
            cancellation).ConfigureAwait(false);
        return (long)texts.Info.State.LastSeq;
    }

    /// <summary>Finds the job.</summary>
    /// <exception cref="CommandException">There is none of this name.</exception>
    public async Task<WorkJob> OpenAsync(CancellationToken cancellation) =>
        await FindStreamAsync(TextStream, cancellation).ConfigureAwait(false) is { } stream
        && WorkJob.Parse(stream.Info.Config.Description) is { } job
            ? job
            : throw new CommandException($"There is no job '{_name}'; expected the name of one that retnet work submit has made.");

    /// <summary>Sends texts.</summary>
    /// <param name="messages">All texts of the job.</param>
    /// <param name="sent">The number of those that have been sent before.</param>
    /// <param name="progress">Told how many have been sent.</param>
    /// <param name="cancellation">Observed between texts.</param>
    /// <exception cref="CommandException">Another submission runs.</exception>
    public async Task SubmitAsync(
        IReadOnlyList<byte[]> messages, long sent, IProgress<long> progress, CancellationToken cancellation)
    {
        Queue<NatsJSPublishConcurrentFuture> window = new();
        for (int i = (int)sent; i < messages.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            NatsJSPubOpts once = new()
            {
                // By its id, a text that the client sends again is no error.
                MsgId = $"{i + 1}",
                ExpectedLastSequence = (ulong)i,
            };
            ValueTask<NatsJSPublishConcurrentFuture> publishing = _jetStream.PublishConcurrentAsync(
                TextSubject, messages[i], NatsRawSerializer<byte[]>.Default, once, headers: null, cancellation);
            window.Enqueue(await InTimeAsync(publishing.AsTask(), cancellation).ConfigureAwait(false));
            if (window.Count == WindowLength)
                await AcknowledgedAsync().ConfigureAwait(false);
        }

        while (window.Count > 0)
            await AcknowledgedAsync().ConfigureAwait(false);

        async Task AcknowledgedAsync()
        {
            await using NatsJSPublishConcurrentFuture future = window.Dequeue();
            PubAckResponse acknowledgement =
                await InTimeAsync(future.GetResponseAsync(cancellation).AsTask(), cancellation).ConfigureAwait(false);
            if (acknowledgement.Error?.ErrCode == WrongLastSequence)
            {
                throw new CommandException($"Another command sends the texts of job '{_name}'. Run this one again when that has ended, for "
                    + "the case that texts are left.");
            }

            acknowledgement.EnsureSuccess();
            progress.Report((long)acknowledgement.Seq);
        }
    }

    /// <summary>What hands texts to workers.</summary>
    /// <exception cref="CommandException">The submission of the job has ended too early.</exception>
    public async Task<INatsJSConsumer> ConsumerAsync(CancellationToken cancellation)
    {
        try
        {
            return await PatientlyAsync(token => _jetStream.GetConsumerAsync(TextStream, Workers, token), cancellation)
                .ConfigureAwait(false);
        }
        catch (NatsJSApiException exception) when (exception.Error.Code == NotFound)
        {
            throw new CommandException($"Job '{_name}' is not there, or not whole; expected one that retnet work submit has made.");
        }
    }

    /// <summary>Holds all workers of the job to one model.</summary>
    /// <param name="model">The model and everything else on which results depend.</param>
    /// <param name="cancellation">Ends the waiting for a server that is away.</param>
    /// <exception cref="CommandException">The job's first worker had another one.</exception>
    public async Task AgreeAsync(string model, CancellationToken cancellation)
    {
        if (await PublishFirstAsync(ModelSubject, Encoding.UTF8.GetBytes(model), cancellation).ConfigureAwait(false) is not null)
            return;
        INatsJSStream results = await _jetStream.GetStreamAsync(ResultStream, cancellationToken: cancellation).ConfigureAwait(false);
        NatsMsg<byte[]> first = await results.GetDirectAsync(
            new StreamMsgGetRequest { LastBySubj = ModelSubject }, NatsRawSerializer<byte[]>.Default, cancellation).ConfigureAwait(false);
        string expected = Encoding.UTF8.GetString(first.Data ?? []);
        if (expected != model)
            throw new CommandException($"The results of job '{_name}' come from {expected}; this worker has {model}.");
    }

    /// <summary>Takes texts from the queue, and waits a second for them. A server that is away has none.</summary>
    /// <param name="consumer">Hands them out.</param>
    /// <param name="most">The largest number of texts.</param>
    /// <param name="cancellation">Ends the waiting, without an exception.</param>
    public static async IAsyncEnumerable<INatsJSMsg<byte[]>> FetchAsync(
        INatsJSConsumer consumer, int most, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // A fetch whose server is away does not expire.
        using CancellationTokenSource expired = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        expired.CancelAfter(FetchPatience);
        await using IAsyncEnumerator<INatsJSMsg<byte[]>> messages = consumer.FetchAsync(
            new NatsJSFetchOpts { MaxMsgs = most, Expires = FetchTime }, NatsRawSerializer<byte[]>.Default, expired.Token)
            .GetAsyncEnumerator(expired.Token);
        while (await HasNextAsync().ConfigureAwait(false))
            yield return messages.Current;

        async Task<bool> HasNextAsync()
        {
            try
            {
                return await messages.MoveNextAsync().ConfigureAwait(false);
            }
            catch (NatsException exception) when (IsPassing(exception))
            {
                return false;
            }
            catch (OperationCanceledException) when (expired.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    /// <summary>Stores the result of a text, unless another worker has.</summary>
    /// <param name="text">The number of the text.</param>
    /// <param name="result">The result.</param>
    /// <param name="cancellation">Ends the waiting for a server that is away.</param>
    /// <returns>The number of results that the job has now; null if the text had one.</returns>
    public async Task<long?> StoreAsync(ulong text, byte[] result, CancellationToken cancellation)
    {
        ulong? sequence = await PublishFirstAsync(ResultSubject(text), result, cancellation).ConfigureAwait(false);
        return sequence is null ? null : Results(sequence.Value);
    }

    /// <summary>The number of results.</summary>
    public async Task<long> CountResultsAsync(CancellationToken cancellation)
    {
        INatsJSStream results = await PatientlyAsync(
            token => _jetStream.GetStreamAsync(ResultStream, cancellationToken: token), cancellation).ConfigureAwait(false);
        return Results((ulong)results.Info.State.Messages);
    }

    /// <summary>Reads the results of all texts, in the order of the texts.</summary>
    /// <param name="texts">The number of texts.</param>
    /// <param name="cancellation">Observed between results.</param>
    /// <exception cref="CommandException">A result is missing.</exception>
    public async IAsyncEnumerable<byte[]> ReadResultsAsync(int texts, [EnumeratorCancellation] CancellationToken cancellation)
    {
        INatsJSStream stream = await _jetStream.GetStreamAsync(ResultStream, cancellationToken: cancellation).ConfigureAwait(false);
        Queue<Task<NatsMsg<byte[]>>> window = new();
        for (int next = 1, read = 1; read <= texts; read++)
        {
            for (; next <= texts && window.Count < WindowLength; next++)
            {
                StreamMsgGetRequest request = new() { LastBySubj = ResultSubject((ulong)next) };
                window.Enqueue(stream.GetDirectAsync(request, NatsRawSerializer<byte[]>.Default, cancellation).AsTask());
            }

            NatsMsg<byte[]> result = await InTimeAsync(window.Dequeue(), cancellation).ConfigureAwait(false);
            yield return result.Data is { Length: > 0 } data
                ? data
                : throw new CommandException($"The result of text {read} is missing, though the job has {texts} results.");
        }
    }

    /// <summary>Removes the job with its texts and results.</summary>
    public async Task DeleteAsync(CancellationToken cancellation)
    {
        await DeleteStreamAsync(TextStream, cancellation).ConfigureAwait(false);
        await DeleteStreamAsync(ResultStream, cancellation).ConfigureAwait(false);
    }

    /// <summary>Waits until the server has got everything.</summary>
    public async Task FlushAsync(CancellationToken cancellation) => await _connection.PingAsync(cancellation).ConfigureAwait(false);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>The results among the first messages of their stream.</summary>
    private static long Results(ulong messages) => Math.Max(0, (long)messages - 1);

    private string ResultSubject(ulong text) => $"{_subject}.results.{text}";

    /// <summary>Publishes the one message of a subject.</summary>
    /// <returns>Its sequence number; null if the subject has one already.</returns>
    private async Task<ulong?> PublishFirstAsync(string subject, byte[] message, CancellationToken cancellation)
    {
        NatsJSPubOpts first = new() { ExpectedLastSubjectSequence = 0 };
        return await PatientlyAsync(PublishAsync, cancellation).ConfigureAwait(false);

        async ValueTask<ulong?> PublishAsync(CancellationToken token)
        {
            PubAckResponse acknowledgement = await _jetStream.PublishAsync(
                subject, message, NatsRawSerializer<byte[]>.Default, first, headers: null, token).ConfigureAwait(false);
            if (acknowledgement.Error?.ErrCode == WrongLastSequence)
                return null;
            acknowledgement.EnsureSuccess();
            return acknowledgement.Seq;
        }
    }

    private async Task<INatsJSStream> EnsureStreamAsync(StreamConfig config, CancellationToken cancellation)
    {
        INatsJSStream stream = await FindStreamAsync(config.Name!, cancellation).ConfigureAwait(false)
            ?? await _jetStream.CreateStreamAsync(config, cancellation).ConfigureAwait(false);
        return stream.Info.Config.Description == config.Description
            ? stream
            : throw new CommandException($"Job '{_name}' has other texts or options; expected the same, or another --job.");
    }

    private async Task<INatsJSStream?> FindStreamAsync(string stream, CancellationToken cancellation)
    {
        try
        {
            return await _jetStream.GetStreamAsync(stream, cancellationToken: cancellation).ConfigureAwait(false);
        }
        catch (NatsJSApiException exception) when (exception.Error.Code == NotFound)
        {
            return null;
        }
    }

    private async Task DeleteStreamAsync(string stream, CancellationToken cancellation)
    {
        try
        {
            await _jetStream.DeleteStreamAsync(stream, cancellation).ConfigureAwait(false);
        }
        catch (NatsJSApiException exception) when (exception.Error.Code == NotFound)
        {
            // It is gone.
        }
    }

    /// <summary>Asks a server that may be away for a while.</summary>
    private static async Task<T> PatientlyAsync<T>(Func<CancellationToken, ValueTask<T>> ask, CancellationToken cancellation)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        Exception? last = null;
        while (true)
        {
            try
            {
                return await ask(patience.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (!patience.IsCancellationRequested && IsPassing(exception))
            {
                last = exception;
                await Task.Delay(RetryInterval, cancellation).ConfigureAwait(false);
            }
            catch (Exception exception) when (!cancellation.IsCancellationRequested && IsPassing(exception))
            {
                throw Away(last ?? exception);
            }
        }
    }

    private static async Task<T> InTimeAsync<T>(Task<T> answer, CancellationToken cancellation)
    {
        try
        {
            return await answer.WaitAsync(Patience, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            throw Away(exception);
        }
    }

    private static CommandException Away(Exception last) => new(
        $"The NATS server is away, or did not do within {Patience.TotalSeconds} s what it was asked for: {last.Message.TrimEnd('.')}.");

    // A server that starts says that it is not available yet. The client cancels what it cannot send.
    private static bool IsPassing(Exception exception) =>
        exception is NatsException and not NatsJSApiException { Error.Code: < Unavailable } or OperationCanceledException;
}
