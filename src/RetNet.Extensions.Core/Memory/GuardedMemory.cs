#if DEBUG
using System.Collections.Concurrent;

namespace RetNet.Extensions.Core.Memory;

/// <summary>Memory of debug builds on Linux between two pages that cannot be accessed, so that a kernel that reads or writes beyond a
/// buffer's last byte, or before the page of its first, ends the process at once.</summary>
internal static unsafe class GuardedMemory
{
    // Each block's pages, by its first byte.
    private static readonly ConcurrentDictionary<nint, (nint Start, nuint Length)> Blocks = new();

    /// <summary>Whether buffers that are allocated from now on are guarded. The environment variable RETNET_GUARDED_MEMORY=1 guards all,
    /// so that any test can run so.</summary>
    public static bool IsOn { get; set; } = Environment.GetEnvironmentVariable("RETNET_GUARDED_MEMORY") == "1";

    /// <summary>The number of guarded blocks that are in use.</summary>
    public static int Count => Blocks.Count;

    /// <summary>Whether memory is one of these blocks.</summary>
    public static bool Has(void* memory) => Blocks.ContainsKey((nint)memory);

    /// <summary>Allocates zeroed memory whose end is the end of a page.</summary>
    public static void* Allocate(nuint bytes)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint content = (bytes + page - 1) / page * page;
        byte* start = (byte*)Pages.Allocate(content + (2 * page), present: false);
        if (start == null)
            throw new InsufficientMemoryException($"There is no memory for {bytes} bytes between guarded pages.");
        nint last = (nint)start + (nint)(page + content);
        if (!Pages.TryForbid(start, page) || !Pages.TryForbid((void*)last, page))
            throw new InvalidOperationException("Pages cannot be protected.");
        Blocks[last - (nint)bytes] = ((nint)start, content + (2 * page));
        return (void*)(last - (nint)bytes);
    }

    /// <summary>Releases memory of <see cref="Allocate"/>.</summary>
    /// <returns>False if the memory is not one of these blocks.</returns>
    public static bool Free(void* memory)
    {
        if (!Blocks.TryRemove((nint)memory, out (nint Start, nuint Length) block))
            return false;
        Pages.Free((void*)block.Start, block.Length);
        return true;
    }
}
#endif
