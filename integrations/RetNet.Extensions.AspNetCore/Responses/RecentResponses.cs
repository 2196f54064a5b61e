using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>Keeps the latest conversations in memory.</summary>
internal sealed class RecentResponses : IConversationStore
{
    private const int Capacity = 1_000;

    private readonly Lock _gate = new();
    private readonly OrderedDictionary<string, StoredConversation> _kept = [];

    public ValueTask<StoredConversation?> ReadAsync(string id, CancellationToken cancellationToken = default)
    {
        lock (_gate)
            return ValueTask.FromResult(_kept.GetValueOrDefault(id));
    }

    public ValueTask WriteAsync(
        string id, StoredConversation conversation, long storedTurn, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            long found = _kept.GetValueOrDefault(id)?.Turn ?? 0;
            if (found != storedTurn)
                throw new ConversationConflictException(id, storedTurn, found);
            _kept[id] = conversation;
            if (_kept.Count > Capacity)
                _kept.RemoveAt(0);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        lock (_gate)
            return ValueTask.FromResult(_kept.Remove(id));
    }
}
