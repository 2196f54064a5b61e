using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Answers;

namespace RetNet.Extensions.AI.Conversations;

/// <summary>Keeps the conversations of a client in a store: a request with a <see cref="ChatOptions.ConversationId"/> sends only what is
/// new.</summary>
/// <remarks>
/// <para>A request without an id begins a conversation, whose id the response carries. The conversation is kept when the answer has ended,
/// before the update with the finish reason, and what follows it, is handed over; a request that fails, or whose stream is left early,
/// leaves it as it was, and makes the id of a new one unknown. Where the store fails while the turn is kept, it is asked whether it was;
/// only where it cannot tell either, the turn may be kept although the request fails: read the conversation before the message is sent
/// again.</para>
/// <para>A conversation takes one request at a time: a second one in the same process is refused at once, and one that another process
/// answered meanwhile when it has been answered, with a <see cref="ConversationConflictException"/>. No turn replaces another.</para>
/// <para>Put it around clients that invoke functions, so that a turn is kept with its calls and results.</para>
/// </remarks>
/// <param name="innerClient">The client that answers; the states of a <see cref="RetNetChatClient"/> are kept, too.</param>
/// <param name="store">The store; it stays the caller's.</param>
public sealed class ConversationChatClient(IChatClient innerClient, IConversationStore store) : DelegatingChatClient(innerClient)
{
    /// <summary>How long a store that failed is asked whether a turn was kept, and how often.</summary>
    private static readonly TimeSpan AskFor = TimeSpan.FromSeconds(10), AskEvery = TimeSpan.FromMilliseconds(250);

    private readonly IConversationStore _store = store ?? throw new ArgumentNullException(nameof(store));

    // The conversations that are being answered; guarded by itself.
    private readonly HashSet<string> _answering = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The conversation is not known, or is answering another request.</exception>
    /// <exception cref="ConversationConflictException">Another process continued the conversation meanwhile.</exception>
    /// <exception cref="NotSupportedException">A message has content that cannot be written as JSON.</exception>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        AnswerLogProbs.ToResponseAsync(GetStreamingResponseAsync(messages, options, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The conversation is not known, or is answering another request.</exception>
    /// <exception cref="ConversationConflictException">Another process continued the conversation meanwhile.</exception>
    /// <exception cref="NotSupportedException">A message has content that cannot be written as JSON.</exception>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return AnswerAsync([.. messages], options, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Also the store, as <see cref="IConversationStore"/>.</remarks>
    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(IConversationStore) ? _store : base.GetService(serviceType, serviceKey);

    private async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(
        IReadOnlyList<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string id = options?.ConversationId ?? ConversationId.New();
        Begin(id);
        try
        {
            // What cannot be kept is refused before it is answered.
            _ = new StoredConversation(turn: 0, messages).ToBytes();
            StoredConversation before = options?.ConversationId is null
                ? StoredConversation.Empty
                : await _store.ReadAsync(id, cancellationToken).ConfigureAwait(false) ?? throw Unknown(id);
            ChatOptions? turnOptions = options?.Clone();
            turnOptions?.ConversationId = null;
            ConversationTurn turn = new(InnerClient, before, messages, turnOptions);

            // What may be the end; where functions are invoked inside, an answer goes on after a finish reason.
            List<ChatResponseUpdate> end = [];
            await foreach (ChatResponseUpdate update in turn.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                if (GoesOn(update))
                {
                    foreach (ChatResponseUpdate earlier in end)
                        yield return earlier;
                    end.Clear();
                }

                // Clients inside see their own updates, without an id.
                ChatResponseUpdate named = update.Clone();
                named.ConversationId = id;
                if (end.Count > 0 || named.FinishReason is not null)
                    end.Add(named);
                else
                    yield return named;
            }

            await KeepAsync(id, turn.After, before.Turn, cancellationToken).ConfigureAwait(false);
            foreach (ChatResponseUpdate last in end)
                yield return last;
        }
        finally
        {
            End(id);
        }
    }

    private async Task KeepAsync(string id, StoredConversation after, long storedTurn, CancellationToken cancellationToken)
    {
        try
        {
            await _store.WriteAsync(id, after, storedTurn, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not (ConversationConflictException or NotSupportedException))
        {
            // The answer of the store may be lost, and not the turn.
            if (!await IsKeptAsync(id, after).ConfigureAwait(false))
                throw;
        }
    }

    private async Task<bool> IsKeptAsync(string id, StoredConversation turn)
    {
        using CancellationTokenSource limit = new(AskFor);
        while (!limit.IsCancellationRequested)
        {
            try
            {
                StoredConversation? found = await _store.ReadAsync(id, limit.Token).AsTask().WaitAsync(limit.Token).ConfigureAwait(false);

                // Both as they are read. A store need not keep the state, and another process may have gone on.
                return found is not null && found.Turn >= turn.Turn
                    && Messages(found).SequenceEqual(Messages(StoredConversation.FromBytes(Messages(turn))));
            }
            catch (Exception exception) when (exception is InvalidDataException or ObjectDisposedException)
            {
                return false;
            }
            catch (Exception)
            {
                // It fails over, perhaps. In the end, the failure of the write says more.
                await Task.Delay(AskEvery, CancellationToken.None).ConfigureAwait(false);
            }
        }

        return false;

        byte[] Messages(StoredConversation conversation) =>
            new StoredConversation(turn.Turn, [.. conversation.Messages.Take(turn.Messages.Count)]).ToBytes();
    }

    /// <summary>Whether an update shows that an answer had not ended: it has more than its usage or a finish reason.</summary>
    private static bool GoesOn(ChatResponseUpdate update) => update.FinishReason is null
        && update.Contents.Any(static content => content is not (UsageContent or TextContent { Text: "" }));

    private void Begin(string id)
    {
        lock (_answering)
        {
            if (!_answering.Add(id))
            {
                throw new InvalidOperationException($"Conversation '{id}' is answering another request. Wait for that answer, or "
                    + "dispose its stream, before the next request.");
            }
        }
    }

    private void End(string id)
    {
        lock (_answering)
            _answering.Remove(id);
    }

    private static InvalidOperationException Unknown(string id) => new(
        $"ConversationId is '{id}', which the store does not have: it never did, or it has been deleted, dropped or expired. "
        + "Send the whole history without a ConversationId.");
}
