namespace RetNet.Extensions.AI;

/// <summary>The messages of the conversations that a client remembers, by id. Thread-safe; a conversation takes one request at a time. What
/// the model remembers of a text is in Core's StateStore and is found there by the text's first tokens.</summary>
internal sealed class ConversationStore
{
    private readonly Lock _gate = new();
    private readonly int _capacity;

    // Least recently used first.
    private readonly List<Conversation> _conversations = [];
    private bool _isClosed;

    public ConversationStore(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity, nameof(RetNetChatClientOptions.MaxConversations));
        _capacity = capacity;
    }

    /// <summary>Begins a request; <see cref="End"/> ends it.</summary>
    /// <param name="id">The conversation's id; null for a new one, which <see cref="Keep"/> makes known.</param>
    /// <exception cref="InvalidOperationException">The conversation is not known, or answers another request.</exception>
    public Conversation Begin(string? id)
    {
        lock (_gate)
        {
            Conversation conversation = id is null
                ? new Conversation(Guid.NewGuid().ToString("N"))
                : _conversations.Find(known => known.Id == id) ?? throw new InvalidOperationException(
                    $"ConversationId is '{id}', which this client does not remember: it keeps the {_capacity} most recently used "
                    + "conversations since it was created. Send the whole history without a ConversationId.");
            if (conversation.IsInUse)
            {
                throw new InvalidOperationException($"ConversationId is '{id}', which is answering another request. Wait for that answer, "
                    + "or dispose its stream, before the next request.");
            }

            conversation.IsInUse = true;
            return conversation;
        }
    }

    /// <summary>Keeps a conversation as the most recently used one.</summary>
    public void Keep(Conversation conversation)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _conversations.Remove(conversation);
            _conversations.Add(conversation);
            if (_conversations.Count > _capacity)
                _conversations.RemoveAt(0);
        }
    }

    /// <summary>Ends a request.</summary>
    public void End(Conversation conversation)
    {
        lock (_gate)
            conversation.IsInUse = false;
    }

    /// <summary>Forgets all, and keeps nothing more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _conversations.Clear();
        }
    }
}
