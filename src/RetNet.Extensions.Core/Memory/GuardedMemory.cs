#if DEBUG
using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Memory;

/// <summary>Memory of debug builds on Linux between two pages that cannot be accessed, so that a kernel that reads or writes beyond a
/// buffer's last byte, or before the page of its first, ends the process at once.</summary>
internal static unsafe partial class GuardedMemory
{
    private const int NoAccess = 0, ReadAndWrite = 3;
    private const int PrivateAnonymous = 0x22;

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
        nint start = Map(0, content + (2 * page), ReadAndWrite, PrivateAnonymous, -1, 0);
        if (start == -1)
            throw new OutOfMemoryException($"{bytes} bytes cannot be mapped: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        nint last = start + (nint)(page + content);
        if (Protect(start, page, NoAccess) != 0 || Protect(last, page, NoAccess) != 0)
            throw new InvalidOperationException("Pages cannot be protected.");
        Blocks[last - (nint)bytes] = (start, content + (2 * page));
        return (void*)(last - (nint)bytes);
    }

    /// <summary>Releases memory of <see cref="Allocate"/>.</summary>
    /// <returns>False if the memory is not one of these blocks.</returns>
    public static bool Free(void* memory)
    {
        if (!Blocks.TryRemove((nint)memory, out (nint Start, nuint Length) block))
            return false;
        _ = Unmap(block.Start, block.Length);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
#endif
