using System.Collections.Concurrent;
using System.Diagnostics;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Benchmarks.Conversations;

/// <summary>A store that counts what is written; it keeps bytes in memory where there is no other.</summary>
internal sealed class CountingStore(IConversationStore? store) : IConversationStore
{
    private readonly ConcurrentDictionary<string, byte[]> _kept = [];
    private long _writes;
    private long _ticks;
    private long _largest;

    public long Writes => _writes;

    public double MeanMilliseconds => _writes == 0 ? 0 : Stopwatch.GetElapsedTime(0, _ticks).TotalMilliseconds / _writes;

    public long LargestBytes => _largest;

    public void Reset() => (_writes, _ticks, _largest) = (0, 0, 0);

    public async ValueTask<StoredConversation?> ReadAsync(string id, CancellationToken cancellationToken = default)
    {
        if (store is not null)
            return await store.ReadAsync(id, cancellationToken);
        return _kept.TryGetValue(id, out byte[]? bytes) ? StoredConversation.FromBytes(bytes) : null;
    }

    public async ValueTask WriteAsync(
        string id, StoredConversation conversation, long storedTurn, CancellationToken cancellationToken = default)
    {
        long start = Stopwatch.GetTimestamp();
        if (store is null)
            _kept[id] = conversation.ToBytes();
        else
            await store.WriteAsync(id, conversation, storedTurn, cancellationToken);
        Interlocked.Add(ref _ticks, Stopwatch.GetTimestamp() - start);
        Interlocked.Increment(ref _writes);
        long bytes = conversation.ToBytes().Length;
        for (long largest = _largest; bytes > largest; largest = _largest)
            Interlocked.CompareExchange(ref _largest, bytes, largest);
    }

    public ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken = default) =>
        store?.DeleteAsync(id, cancellationToken) ?? new ValueTask<bool>(_kept.TryRemove(id, out _));
}
