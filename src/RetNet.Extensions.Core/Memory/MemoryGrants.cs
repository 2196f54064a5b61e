namespace RetNet.Extensions.Core.Memory;

/// <summary>Refuses blocks that are larger than what is left. Without it the system grants them, and ends the process when they are
/// written: a machine or control group without memory has no error to give.</summary>
/// <param name="left">Bytes that are left; null where that is not known.</param>
/// <remarks>To ask costs some 100 µs. So the answer holds for an eighth of what is left, whatever is freed in the meantime. Memory is
/// taken when pages are written, after it was asked for; until then a block counts as promised, so that it is not granted twice.</remarks>
internal sealed class MemoryGrants(Func<long?> left)
{
    /// <summary>Bytes that stay with the runtime: its heap, its threads and what it compiles.</summary>
    public const long Reserve = 16 << 20;

    private const int Parts = 8;

    // Bytes that are granted before it is asked again.
    private long _granted;

    // Bytes of blocks that were granted and are not there yet.
    private long _promised;

    /// <summary>Whether there is memory for a block. If so, <see cref="Keep"/> follows.</summary>
    /// <param name="bytes">Its size.</param>
    public bool Grants(long bytes)
    {
        long promised = Interlocked.Add(ref _promised, bytes);
        if (Interlocked.Add(ref _granted, -bytes) >= 0)
            return true;
        if (left() is not { } available)
        {
            Interlocked.Exchange(ref _granted, long.MaxValue / 2);
            return true;
        }

        long rest = available - Reserve - promised;
        Interlocked.Exchange(ref _granted, Math.Max(0, rest) / Parts);
        if (rest < 0)
            Keep(bytes);
        return rest >= 0;
    }

    /// <summary>Ends the promise of <see cref="Grants"/>: the block is there and takes its memory, or will not be.</summary>
    /// <param name="bytes">Its size.</param>
    public void Keep(long bytes) => Interlocked.Add(ref _promised, -bytes);
}
