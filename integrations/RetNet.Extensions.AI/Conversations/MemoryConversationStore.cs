namespace RetNet.Extensions.AI.Conversations;

/// <summary>Keeps conversations in the memory of the process, up to a number of bytes: then the least recently used ones are
/// dropped.</summary>
/// <remarks>A conversation that was dropped reads as null. Its next turn cannot be kept: <see cref="ConversationConflictException"/> with
/// turn 0 found.</remarks>
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
        byte[]? bytes = null;
        lock (_gate)
        {
            if (_byId.TryGetValue(id, out LinkedListNode<Entry>? node))
            {
                _entries.Remove(node);
                _entries.AddFirst(node);
                bytes = node.Value.Bytes;
            }
        }

        return ValueTask.FromResult(bytes is null ? null : StoredConversation.FromBytes(bytes));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The id is not one, or the conversation alone is larger than the store.</exception>
    public ValueTask WriteAsync(
        string id, StoredConversation conversation, long storedTurn, CancellationToken cancellationToken = default)
    {
        ConversationId.Check(id);
        ArgumentNullException.ThrowIfNull(conversation);
        cancellationToken.ThrowIfCancellationRequested();
        byte[] bytes = conversation.ToBytes();
        if (bytes.Length > _maxBytes)
        {
            throw new ArgumentException(
                $"Conversation '{id}' has {bytes.Length} bytes; expected at most {_maxBytes}, the size of the "
                    + "store.", nameof(conversation));
        }

        lock (_gate)
        {
            _byId.TryGetValue(id, out LinkedListNode<Entry>? node);
            long found = node?.Value.Turn ?? 0;
            if (found != storedTurn)
                throw new ConversationConflictException(id, storedTurn, found);
            if (node is not null)
                Remove(node);
            _byId[id] = _entries.AddFirst(new Entry(id, conversation.Turn, bytes));
            _bytes += bytes.Length;
            while (_bytes > _maxBytes)
                Remove(_entries.Last!);
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

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node);
        _byId.Remove(node.Value.Id);
        _bytes -= node.Value.Bytes.Length;
    }

    private sealed record Entry(string Id, long Turn, byte[] Bytes);
}
