namespace RetNet.Extensions.Core.Memory;

/// <summary>Refuses blocks that are larger than what is left. Without it the system grants them, and ends the process when they are
/// written: a machine or control group without memory has no error to give.</summary>
/// <param name="left">Bytes that are left; null where that is not known.</param>
/// <remarks>To ask costs some 100 µs. So the answer holds for an eighth of what is left, whatever is freed in the meantime.</remarks>
internal sealed class MemoryGrants(Func<long?> left)
{
    /// <summary>Bytes that stay with the runtime: its heap, its threads and what it compiles.</summary>
    public const long Reserve = 16 << 20;

    private const int Parts = 8;

    // Bytes that are granted before it is asked again.
    private long _granted;

    /// <summary>Whether there is memory for a block.</summary>
    /// <param name="bytes">Its size.</param>
    public bool Grants(long bytes)
    {
        if (Interlocked.Add(ref _granted, -bytes) >= 0)
            return true;
        if (left() is not { } available)
        {
            Interlocked.Exchange(ref _granted, long.MaxValue / 2);
            return true;
        }

        long rest = available - Reserve - bytes;
        Interlocked.Exchange(ref _granted, Math.Max(0, rest) / Parts);
        return rest >= 0;
    }
}
