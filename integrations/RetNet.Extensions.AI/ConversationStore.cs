using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI;

/// <summary>The conversations that a client remembers. Thread-safe.</summary>
/// <remarks>
/// The request that continues a state takes it out and puts it back at its end, so that a state is never copied or used twice; a second
/// request for the same conversation meanwhile reads the whole history.
/// </remarks>
internal sealed class ConversationStore : IDisposable
{
    private readonly Lock _gate = new();
    private readonly int _capacity;
    private readonly long _stateBytes;

    // Least recently used first.
    private readonly List<Conversation> _conversations = [];
    private bool _isDisposed;

    public ConversationStore(int capacity, long stateBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity, nameof(RetNetChatClientOptions.MaxConversations));
        ArgumentOutOfRangeException.ThrowIfNegative(stateBytes, nameof(RetNetChatClientOptions.MaxStateBytes));
        (_capacity, _stateBytes) = (capacity, stateBytes);
    }

    /// <summary>An id for a new conversation; null if conversations are not kept.</summary>
    public string? NewId() => _capacity > 0 ? Guid.NewGuid().ToString("N") : null;

    /// <summary>The messages of a conversation; none for a null id.</summary>
    public IReadOnlyList<ChatTemplateMessage> History(string? id)
    {
        if (id is null)
            return [];
        lock (_gate)
        {
            return _conversations.Find(conversation => conversation.Id == id)?.History
                ?? throw new InvalidOperationException(
                    $"ConversationId is '{id}', which this client does not remember: it keeps the {_capacity} most recently used "
                        + "conversations "
                    + "since it was created. Send the whole history without a ConversationId.");
        }
    }

    /// <summary>Takes the state that has seen the longest beginning of a prompt and nothing else; the caller owns it. Null if there is
    /// none.</summary>
    public SequenceState? Take(ReadOnlySpan<int> prompt, StateOptions options)
    {
        lock (_gate)
        {
            Conversation? best = null;
            int most = 0;
            foreach (Conversation conversation in _conversations)
            {
                int covered = conversation.Covers(prompt, options);
                if (covered > most)
                    (best, most) = (conversation, covered);
            }

            return best?.TakeState();
        }
    }

    /// <summary>Keeps a conversation as the most recently used one, and replaces an earlier one with its id.</summary>
    public void Put(Conversation conversation)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                conversation.DropState();
                return;
            }

            int known = _conversations.FindIndex(other => other.Id == conversation.Id);
            if (known >= 0)
                Remove(known);
            _conversations.Add(conversation);
            while (_conversations.Count > _capacity)
                Remove(0);
            DropStatesOverLimit();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            while (_conversations.Count > 0)
                Remove(_conversations.Count - 1);
        }
    }

    private void Remove(int index)
    {
        _conversations[index].DropState();
        _conversations.RemoveAt(index);
    }

    private void DropStatesOverLimit()
    {
        long bytes = _conversations.Sum(conversation => conversation.StateBytes);
        foreach (Conversation conversation in _conversations)
        {
            if (bytes <= _stateBytes)
                return;
            bytes -= conversation.StateBytes;
            conversation.DropState();
        }
    }
}
