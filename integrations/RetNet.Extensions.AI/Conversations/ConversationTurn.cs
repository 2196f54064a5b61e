using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Answers;

namespace RetNet.Extensions.AI.Conversations;

/// <summary>One turn of a conversation: (conversation, messages) → (updates, conversation). Enumerate it once.</summary>
/// <remarks>Where a <see cref="RetNetChatClient"/> answers, it goes on from <see cref="StoredConversation.State"/> instead of reading the
/// messages again, with the same text, and what it remembers afterwards is the state of <see cref="After"/>: see
/// <see cref="RetNetChatClientOptions.MaxConversationStateBytes"/>. Another model's state is an <see cref="InvalidOperationException"/>, a
/// damaged one an <see cref="InvalidDataException"/>, unless <see cref="RereadsForeignState"/> or
/// <see cref="RetNetChatClientOptions.RereadForeignConversations"/> is set. Between turns the client keeps nothing of the conversation,
/// unless <see cref="SharesStates"/> is set. A turn that is not enumerated to its end changes nothing.</remarks>
/// <param name="client">Answers; it may be a pipeline that invokes functions.</param>
/// <param name="before">The conversation so far.</param>
/// <param name="messages">The new messages.</param>
/// <param name="options">The options of the turn; <see cref="ChatOptions.ConversationId"/> must be null.</param>
public sealed class ConversationTurn(
    IChatClient client, StoredConversation before, IReadOnlyList<ChatMessage> messages, ChatOptions? options = null)
    : IAsyncEnumerable<ChatResponseUpdate>
{
    private StoredConversation? _after;

    /// <summary>Whether <see cref="After"/> has what the model remembers. To save it is lost work where the conversation is not kept.
    /// Default true.</summary>
    public bool SavesState { get; init; } = true;

    /// <summary>Whether a state that another model or another version of this library left, or a damaged one, is passed over, so that the
    /// messages are read again. Default false: as <see cref="RetNetChatClientOptions.RereadForeignConversations"/> says.</summary>
    public bool RereadsForeignState { get; init; }

    /// <summary>Whether a turn without a state of its own goes on from what the client keeps of other requests, and leaves its states to
    /// them, as a request without a turn does: for callers that send the whole history each time. Default false.</summary>
    public bool SharesStates { get; init; }

    /// <summary>The conversation after the turn, known once all updates were read.</summary>
    /// <exception cref="InvalidOperationException">The answer has not ended.</exception>
    public StoredConversation After => _after
        ?? throw new InvalidOperationException("The turn has not ended; expected that all of its updates were read.");

    /// <inheritdoc/>
    public async IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        List<ChatResponseUpdate> updates = [];
        using TurnState state = new(before.State, RereadsForeignState, SharesStates);
        bool remembers = client.GetService<RetNetChatClient>() is not null;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(
            [.. before.Messages, .. messages], remembers ? state.AddTo(options) : options, cancellationToken).ConfigureAwait(false))
        {
            updates.Add(update);
            yield return update;
        }

        IList<ChatMessage> answer = updates.ToChatResponse().Messages;
        AnswerLogProbs.RemoveFrom(answer);
        _after = new StoredConversation(
            before.Turn + 1, [.. before.Messages, .. messages, .. answer], remembers && SavesState ? state.Save() : default);
    }
}
