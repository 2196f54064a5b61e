using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.AI;

/// <summary>The messages of the conversations that a client remembers. Thread-safe.</summary>
internal sealed class ConversationStore
{
    private readonly Lock _gate = new();
    private readonly int _capacity;

    // Least recently used first.
    private readonly List<(string Id, IReadOnlyList<ChatTemplateMessage> History)> _conversations = [];

    public ConversationStore(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity, nameof(RetNetChatClientOptions.MaxConversations));
        _capacity = capacity;
    }

    /// <summary>The messages of a conversation; none for a null id.</summary>
    public IReadOnlyList<ChatTemplateMessage> History(string? id)
    {
        if (id is null)
            return [];
        lock (_gate)
        {
            return _conversations.Find(conversation => conversation.Id == id).History
                ?? throw new InvalidOperationException(
                    $"ConversationId is '{id}', which this client does not remember: it keeps the {_capacity} most recently used "
                    + "conversations since it was created. Send the whole history without a ConversationId.");
        }
    }

    /// <summary>Keeps a conversation as the most recently used one, and replaces an earlier one with its id.</summary>
    public void Put(string id, IReadOnlyList<ChatTemplateMessage> history)
    {
        lock (_gate)
        {
            _conversations.RemoveAll(conversation => conversation.Id == id);
            _conversations.Add((id, history));
            if (_conversations.Count > _capacity)
                _conversations.RemoveAt(0);
        }
    }

    public void Clear()
    {
        lock (_gate)
            _conversations.Clear();
    }
}
