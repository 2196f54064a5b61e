namespace RetNet.Extensions.AI.Conversations;

/// <summary>Keeps conversations in the memory of the process, up to a number of bytes: then what models remember of the least recently used
/// ones is dropped while it takes more than half of that, and where that is not enough, the least recently used conversations
/// are.</summary>
/// <remarks>A conversation without its state goes on with the same text; the model reads its messages again. One that was dropped reads as
/// null. Its next turn cannot be kept: <see cref="ConversationConflictException"/> with turn 0 found. The conversation that was written
/// last keeps its state, unless both together are larger than the store.</remarks>
public sealed class MemoryConversationStore : IConversationStore
{
    private readonly long _maxBytes;

    // The gate guards what follows. Most recently used first.
    private readonly Lock _gate = new();
    private readonly LinkedList<Entry> _entries = [];
    private readonly LinkedList<Entry> _withState = [];
    private readonly Dictionary<string, Entry> _byId = new(StringComparer.Ordinal);
    private long _bytes;
    private long _stateBytes;

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
        Entry? entry;
        byte[] state;
        lock (_gate)
        {
            if (!_byId.TryGetValue(id, out entry))
                return ValueTask.FromResult<StoredConversation?>(null);
            state = entry.State;
            Remove(entry);
            Add(entry);
        }

        return ValueTask.FromResult<StoredConversation?>(
            new(entry.Turn, StoredConversation.FromBytes(entry.Messages).Messages, state));
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
            _byId.TryGetValue(id, out Entry? before);
            long found = before?.Turn ?? 0;
            if (found != storedTurn)
                throw new ConversationConflictException(id, storedTurn, found);
            if (before is not null)
                Remove(before);
            Add(entry);
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
            if (!_byId.TryGetValue(id, out Entry? entry))
                return ValueTask.FromResult(false);
            Remove(entry);
            return ValueTask.FromResult(true);
        }
    }

    /// <summary>Makes room for the conversation that was used last, which has room alone.</summary>
    private void MakeRoom()
    {
        while (_bytes > _maxBytes && _stateBytes > _maxBytes / 2 && _withState.Last!.Value != _entries.First!.Value)
            DropState(_withState.Last.Value);
        while (_bytes > _maxBytes)
            Remove(_entries.Last!.Value);
    }

    private void Add(Entry entry)
    {
        _byId.Add(entry.Id, entry);
        _entries.AddFirst(entry.Place);
        _bytes += entry.Messages.Length;
        if (entry.State.Length == 0)
            return;
        _withState.AddFirst(entry.StatePlace);
        _bytes += entry.State.Length;
        _stateBytes += entry.State.Length;
    }

    private void Remove(Entry entry)
    {
        _byId.Remove(entry.Id);
        _entries.Remove(entry.Place);
        _bytes -= entry.Messages.Length;
        RemoveState(entry);
    }

    private void DropState(Entry entry)
    {
        RemoveState(entry);
        entry.State = [];
    }

    private void RemoveState(Entry entry)
    {
        if (entry.State.Length == 0)
            return;
        _withState.Remove(entry.StatePlace);
        _bytes -= entry.State.Length;
        _stateBytes -= entry.State.Length;
    }

    /// <summary>A conversation.</summary>
    private sealed class Entry
    {
        public Entry(string id, long turn, byte[] messages, byte[] state)
        {
            (Id, Turn, Messages, State) = (id, turn, messages, state);
            (Place, StatePlace) = (new(this), new(this));
        }

        public string Id { get; }

        public long Turn { get; }

        /// <summary>The conversation without its state, as bytes.</summary>
        public byte[] Messages { get; }

        /// <summary>Its state; empty for none. The bytes are never written to.</summary>
        public byte[] State { get; set; }

        public LinkedListNode<Entry> Place { get; }

        /// <summary>The place among those that have a state.</summary>
        public LinkedListNode<Entry> StatePlace { get; }
    }
}
