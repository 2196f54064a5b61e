using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Memory;

/// <summary>Pages of Linux: zeroed memory that belongs to no file, of this process alone.</summary>
internal static unsafe partial class Pages
{
    private const int ReadAndWrite = 1 | 2;
    private const int PrivateWithoutFile = 0x02 | 0x20;
    private const int Populate = 0x8000;
    private const int MayMove = 1;
    private const int PopulateWrite = 23;

    private static readonly void* Failed = (void*)-1;

    /// <summary>New pages.</summary>
    /// <param name="bytes">The size, rounded up to pages.</param>
    /// <param name="present">Whether all are there at once, which costs less than a fault for each as it is first written.</param>
    /// <returns>The first byte; null if there is not enough memory.</returns>
    public static void* Allocate(nuint bytes, bool present) =>
        OrNull(Map(null, bytes, ReadAndWrite, PrivateWithoutFile | (present ? Populate : 0), -1, 0));

    /// <summary>More or fewer pages, those that stay with their content, perhaps at another address.</summary>
    /// <returns>The first byte; null if there is not enough memory, and nothing has changed.</returns>
    public static void* Resize(void* pages, nuint bytes, nuint resized) => OrNull(Remap(pages, bytes, resized, MayMove));

    /// <summary>Makes the pages of a region present at once, which costs less than a fault for each as it is first written. Several
    /// threads can do so at once, each for a part.</summary>
    /// <param name="region">The first byte.</param>
    /// <param name="bytes">The size of the region.</param>
    public static void MakePresent(void* region, nuint bytes)
    {
        nuint before = (nuint)region % (nuint)Environment.SystemPageSize;
        _ = Advise((byte*)region - before, bytes + before, PopulateWrite);
    }

    /// <summary>Gives pages back.</summary>
    public static void Free(void* pages, nuint bytes) => _ = Unmap(pages, bytes);

    /// <summary>Ends the process when pages are read or written.</summary>
    /// <returns>False if the system cannot.</returns>
    public static bool TryForbid(void* pages, nuint bytes) => Protect(pages, bytes, 0) == 0;

    private static void* OrNull(void* pages) => pages == Failed ? null : pages;

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mremap")]
    private static partial void* Remap(void* pages, nuint bytes, nuint resized, int flags);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* pages, nuint bytes);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* pages, nuint bytes, int advice);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* pages, nuint bytes, int protection);
}
