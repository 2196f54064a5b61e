using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Memory;

/// <summary>Pages of Linux: zeroed memory that belongs to no file, of this process alone.</summary>
internal static unsafe partial class Pages
{
    private const int ReadAndWrite = 1 | 2;
    private const int PrivateWithoutFile = 0x02 | 0x20;
    private const int Populate = 0x8000;
    private const int MayMove = 1;
    private const int Huge = 14;
    private const int PopulateWrite = 23;

    // Addresses without memory, from which blocks are taken that are written part by part, one after the other.
    private const nuint ReserveBytes = 64 << 20;

    // Blocks of which most lies in pages of 2 MiB.
    private const nuint LeastHuge = 4 << 20;

    private static readonly Lock Reserving = new();
    private static byte* _reserve;
    private static nuint _reserved;

    private static readonly void* Failed = (void*)-1;

    /// <summary>New pages.</summary>
    /// <param name="bytes">The size, rounded up to pages.</param>
    /// <param name="present">Whether all are there at once, which costs less than a fault for each as it is first written.</param>
    /// <returns>The first byte; null if there is not enough memory.</returns>
    public static void* Allocate(nuint bytes, bool present)
    {
        if (!present)
            return AllocateHuge(bytes);
        if (bytes < LeastHuge)
            return OrNull(Map(null, bytes, ReadAndWrite, PrivateWithoutFile | Populate, -1, 0));
        void* pages = OrNull(Map(null, bytes, ReadAndWrite, PrivateWithoutFile, -1, 0));
        if (pages != null)
        {
            _ = Advise(pages, bytes, Huge);
            MakePresent(pages, bytes);
        }

        return pages;
    }

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

    // Matrices of a model lie one after the other, so that even small ones share pages of 2 MiB, whose first write is one fault instead of
    // 512. Under a hypervisor, which has to find memory too, these faults were a quarter of the time of loading.
    private static void* AllocateHuge(nuint bytes)
    {
        nuint page = (nuint)Environment.SystemPageSize, whole = (bytes + page - 1) / page * page;
        lock (Reserving)
        {
            if (whole > _reserved)
            {
                nuint size = Math.Max(whole, ReserveBytes);
                void* pages = OrNull(Map(null, size, ReadAndWrite, PrivateWithoutFile, -1, 0));
                if (pages == null)
                {
                    // Near a limit of address space there may be room for the block, if not for a reserve.
                    return size == whole ? null : OrNull(Map(null, whole, ReadAndWrite, PrivateWithoutFile, -1, 0));
                }

                if (_reserved > 0)
                    Free(_reserve, _reserved);
                _ = Advise(pages, size, Huge);
                _reserve = (byte*)pages;
                _reserved = size;
            }

            void* block = _reserve;
            _reserve += whole;
            _reserved -= whole;
            return block;
        }
    }

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
