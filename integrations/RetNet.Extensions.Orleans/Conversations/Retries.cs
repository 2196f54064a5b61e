using Orleans.Runtime.Messaging;
using Orleans.Storage;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>When a turn is worth repeating, and how long to wait before.</summary>
internal sealed class Retries(TimeSpan limit, TimeProvider time)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(500);

    private TimeSpan _wait = FirstWait;
    private long? _failing;

    public void Succeeded() => (_wait, _failing) = (FirstWait, null);

    /// <summary>Whether the failure is that of a silo, a connection, the storage or an activation that lost its place, and there is time
    /// left.</summary>
    public bool IsWorthwhile(Exception exception)
    {
        _failing ??= time.GetTimestamp();
        return time.GetElapsedTime(_failing.Value) < limit && exception is OrleansMessageRejectionException or ConnectionFailedException
            or EnumerationAbortedException or ClientNotAvailableException or TimeoutException or InconsistentStateException
            or ConversationStorageException or OperationCanceledException;
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(_wait, time, cancellationToken).ConfigureAwait(false);
        _wait = TimeSpan.FromTicks(Math.Min(2 * _wait.Ticks, LongestWait.Ticks));
    }
}
