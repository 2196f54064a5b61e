namespace RetNet.Extensions.Core.Memory;

/// <summary>Refuses blocks that are larger than what is left. Without it the system grants them, and ends the process when they are
/// written: a machine or control group without memory has no error to give.</summary>
/// <param name="left">Bytes that are left; null where that is not known.</param>
/// <remarks>To ask costs some 100 µs. So the answer holds for an eighth of what is left, whatever is freed in the meantime. Memory is
/// taken when pages are written: who asks waits until those of the one before are there. A block that is written later than it is
/// allocated, such as packed weights, does not count until then.</remarks>
internal sealed class MemoryGrants(Func<long?> left)
{
    /// <summary>Bytes that stay with the runtime: its heap, its threads and what it compiles.</summary>
    public const long Reserve = 16 << 20;

    private const int Parts = 8;

    private readonly Lock _asking = new();

    // Bytes that are granted before it is asked again.
    private long _granted;

    /// <summary>Asks for memory, which is taken before the answer is disposed.</summary>
    /// <param name="bytes">How much.</param>
    public Grant Ask(long bytes)
    {
        if (Interlocked.Add(ref _granted, -bytes) >= 0)
            return new Grant(true, null);
        _asking.Enter();
        try
        {
            long rest = left() is { } available ? available - Reserve - bytes : long.MaxValue;
            Interlocked.Exchange(ref _granted, Math.Max(0, rest) / Parts);
            return new Grant(rest >= 0, _asking);
        }
        catch
        {
            _asking.Exit();
            throw;
        }
    }

    /// <summary>An answer.</summary>
    public readonly ref struct Grant(bool isGiven, Lock? asking)
    {
        /// <summary>Whether there is enough.</summary>
        public bool IsGiven => isGiven;

        /// <summary>Lets others ask.</summary>
        public void Dispose() => asking?.Exit();
    }
}
