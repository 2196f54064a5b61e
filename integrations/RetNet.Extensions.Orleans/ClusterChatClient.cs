using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AI;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Orleans.Conversations;

namespace RetNet.Extensions.Orleans;

/// <summary>Chats with a cluster of silos: <see cref="ChatOptions.ConversationId"/> is the key of an <see cref="IConversationGrain"/>,
/// which remembers the conversation. Safe for concurrent requests.</summary>
/// <remarks>
/// <para>
/// A request sends only new messages. Functions are declared to the cluster and invoked here, by a client around this one such as
/// <see cref="FunctionInvokingChatClient"/>; each round is a turn. What has no meaning in another process is refused:
/// <see cref="ChatOptions.RawRepresentationFactory"/>, tools that are no functions, and properties that are no JSON.
/// </para>
/// <para>
/// When a silo dies, the turn is repeated on another one with the same seed (one is chosen where the request has none), and what was told
/// already is not told again. A turn that was kept before is not generated twice.
/// </para>
/// </remarks>
/// <param name="cluster">The client of the cluster.</param>
/// <param name="options">How it behaves; null for the defaults.</param>
/// <param name="time">Measures the time of retries; null for the system's.</param>
public sealed class ClusterChatClient(IClusterClient cluster, ClusterChatClientOptions? options = null, TimeProvider? time = null)
    : IChatClient
{
    private readonly ClusterChatClientOptions _options = options ?? new ClusterChatClientOptions();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly GatewayWatch? _gateways = cluster?.ServiceProvider.GetService<GatewayWatch>();
    private readonly ChatClientMetadata _metadata = new("retnet", null, options?.ModelId);

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseWithLogProbsAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">A message or an option cannot go to another process.</exception>
    /// <exception cref="ConversationStorageException">The storage failed, for longer than
    /// <see cref="ClusterChatClientOptions.RetryFor"/>.</exception>
    /// <exception cref="ConversationConflictException">A silo died, and before the turn was repeated another one took its
    /// place.</exception>
    /// <exception cref="InvalidOperationException">The turn was repeated after a failure, and its answer differs from what was told. It is
    /// thrown at the end of that answer.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (options?.ConversationId is { } id)
            ConversationId.Check(id);
        ChatOptions seeded = options?.Clone() ?? new ChatOptions();
        seeded.Seed ??= RandomNumberGenerator.GetInt32(int.MaxValue);
        bool isKept = options?.ConversationId is not null || _options.StartsConversations;
        TurnRequest request = new(messages, seeded) { IsKept = isKept };
        return AnswerAsync(options?.ConversationId ?? ConversationId.New(), request, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Without a key: <see cref="ChatClientMetadata"/>, this client, or its <see cref="IClusterClient"/>.</remarks>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        if (serviceType == typeof(ChatClientMetadata))
            return _metadata;
        return serviceType.IsInstanceOfType(this) ? this : serviceType == typeof(IClusterClient) ? cluster : null;
    }

    /// <summary>Does nothing: the client of the cluster stays the caller's.</summary>
    public void Dispose()
    {
    }

    private async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(
        string id, TurnRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IConversationGrain grain = cluster.GetGrain<IConversationGrain>(id);
        Retries retries = new(_options.RetryFor, _time);
        ToldAnswer told = new(id, request.IsKept);
        while (true)
        {
            told.BeginAgain();
            IAsyncEnumerator<TurnUpdate> answer = grain.AnswerAsync(request, cancellationToken).GetAsyncEnumerator(cancellationToken);
            bool? hasNext = null;
            bool hasFailed = false;
            try
            {
                while (true)
                {
                    hasFailed = true;
                    hasNext = await NextAsync(answer, retries, cancellationToken).ConfigureAwait(false);
                    hasFailed = false;
                    if (hasNext != true)
                        break;
                    if (answer.Current.Turn == 0)
                        continue;
                    request = request.As(answer.Current.Turn);
                    ChatResponseUpdate update = answer.Current.Read();
                    if (!told.TakeNew(update))
                        continue;

                    // A repetition is no progress before it tells more than the attempt before it.
                    retries.Succeeded();
                    update.ConversationId = request.IsKept ? id : null;
                    yield return update;
                }
            }
            finally
            {
                // Where it failed, Orleans has cancelled the turn, and that of a silent silo expires there: only the trace is left to end.
                // A turn that is repeated is joined, and must not be cancelled.
                if (hasFailed)
                    _ = DisposeAsync(answer);
                else if (hasNext is not null)
                    await DisposeAsync(answer).ConfigureAwait(false);
            }

            if (hasNext == false)
            {
                told.End();
                yield break;
            }
        }
    }

    /// <summary>The next update.</summary>
    /// <returns>Whether there is one; null if the turn must be repeated.</returns>
    private async Task<bool?> NextAsync(IAsyncEnumerator<TurnUpdate> answer, Retries retries, CancellationToken cancellationToken)
    {
        using CancellationTokenSource leaving = CancellationTokenSource.CreateLinkedTokenSource(
            _gateways?.Lost ?? CancellationToken.None, cancellationToken);
        try
        {
            Task<bool> next = answer.MoveNextAsync().AsTask();

            // Where it is not waited for to its end, its failure counts as observed.
            _ = next.ContinueWith(
                static failed => failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return await next.WaitAsync(_options.SilenceLimit, _time, leaving.Token).ConfigureAwait(false);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception exception) when (retries.IsWorthwhile(exception))
        {
            await retries.WaitAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>Tells the silo that the answer is not read on. A silo that is silent is not waited for: it notices by itself.</summary>
    private async Task DisposeAsync(IAsyncEnumerator<TurnUpdate> answer) => await answer.DisposeAsync().AsTask()
        .WaitAsync(_options.SilenceLimit, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
