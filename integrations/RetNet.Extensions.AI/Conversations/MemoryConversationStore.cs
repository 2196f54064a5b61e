namespace RetNet.Extensions.AI.Conversations;

/// <summary>Keeps conversations in the memory of the process, up to a number of bytes: then what models remember of the least recently used
/// ones is dropped, and where that is not enough, the conversations are.</summary>
/// <remarks>A conversation without its state goes on with the same text; the model reads its messages again. One that was dropped reads as
/// null. Its next turn cannot be kept: <see cref="ConversationConflictException"/> with turn 0 found.</remarks>
public sealed class MemoryConversationStore : IConversationStore
{
    private readonly long _maxBytes;

    // The gate guards what follows. Most recently used first.
    private readonly Lock _gate = new();
    private readonly LinkedList<Entry> _entries = [];
    private readonly Dictionary<string, LinkedListNode<Entry>> _byId = new(StringComparer.Ordinal);
    private long _bytes;

    /// <summary>Creates an empty store.</summary>
    /// <param name="maxBytes">The bytes of all conversations together, as <see cref="StoredConversation.ToBytes"/> writes them. Default 256
    /// MiB.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is not a single byte.</exception>
    public MemoryConversationStore(long maxBytes = 256L << 20)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        _maxBytes = maxBytes;
    }

    /// <summary>The number of conversations.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>Bytes of all conversations.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoredConversation?> ReadAsync(string id, CancellationToken cancellationToken = default)
    {
        ConversationId.Check(id);
        cancellationToken.ThrowIfCancellationRequested();
        Entry? entry = null;
        lock (_gate)
        {
            if (_byId.TryGetValue(id, out LinkedListNode<Entry>? node))
            {
                _entries.Remove(node);
                _entries.AddFirst(node);
                entry = node.Value;
            }
        }

        return ValueTask.FromResult(entry is null
            ? null
            : new StoredConversation(entry.Turn, StoredConversation.FromBytes(entry.Messages).Messages, entry.State));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The id is not one, or the messages of the conversation alone are larger than the
    /// store.</exception>
    public ValueTask WriteAsync(
        string id, StoredConversation conversation, long storedTurn, CancellationToken cancellationToken = default)
    {
        ConversationId.Check(id);
        ArgumentNullException.ThrowIfNull(conversation);
        cancellationToken.ThrowIfCancellationRequested();
        byte[] messages = new StoredConversation(conversation.Turn, conversation.Messages).ToBytes();
        if (messages.Length > _maxBytes)
        {
            throw new ArgumentException(
                $"Conversation '{id}' has {messages.Length} bytes; expected at most {_maxBytes}, the size of the "
                    + "store.", nameof(conversation));
        }

        bool hasRoom = messages.Length + conversation.State.Length <= _maxBytes;
        Entry entry = new(id, conversation.Turn, messages, hasRoom ? conversation.State.ToArray() : []);
        lock (_gate)
        {
            _byId.TryGetValue(id, out LinkedListNode<Entry>? node);
            long found = node?.Value.Turn ?? 0;
            if (found != storedTurn)
                throw new ConversationConflictException(id, storedTurn, found);
            if (node is not null)
                Remove(node);
            _byId[id] = _entries.AddFirst(entry);
            _bytes += entry.Bytes;
            MakeRoom();
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        ConversationId.Check(id);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_byId.TryGetValue(id, out LinkedListNode<Entry>? node))
                return ValueTask.FromResult(false);
            Remove(node);
            return ValueTask.FromResult(true);
        }
    }

    private void MakeRoom()
    {
        for (LinkedListNode<Entry>? node = _entries.Last; node is not null && _bytes > _maxBytes; node = node.Previous)
        {
            _bytes -= node.Value.State.Length;
            node.Value = node.Value with { State = [] };
        }

        while (_bytes > _maxBytes)
            Remove(_entries.Last!);
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node);
        _byId.Remove(node.Value.Id);
        _bytes -= node.Value.Bytes;
    }

    /// <summary>A conversation.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="Turn">Its turn.</param>
    /// <param name="Messages">The conversation without its state, as bytes.</param>
    /// <param name="State">Its state; empty for none. Never written to.</param>
    private sealed record Entry(string Id, long Turn, byte[] Messages, byte[] State)
    {
        public long Bytes => (long)Messages.Length + State.Length;
    }
}
