using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Memory;

/// <summary>Zeroed unmanaged memory, 64-byte aligned. Large blocks go back to the operating system when they are freed.</summary>
/// <remarks>On Linux, the allocator of C keeps freed blocks of up to 32 MiB in heaps of several threads, where states of changing sizes
/// leave holes: after some minutes of chat a process held a multiple of what it used. So large blocks are pages of their own there, as they
/// are on other systems. They keep their pages when they grow: with new ones, rows that grow by an eighth took three times as long.
/// Small blocks stay with the allocator, which gives its holes back from time to time.</remarks>
internal static unsafe class NativeBlocks
{
    private const nuint Alignment = 64;
    private const nuint LeastPages = 64 << 10;

    private const long SmallBytesPerTrim = 64 << 20;

    private static readonly MemoryGrants Room = new(() => AvailableMemory.Bytes);

    private static long _bytes;
    private static long _smallBytesFreed;

    /// <summary>Bytes of all blocks of this process.</summary>
    public static long Bytes => Volatile.Read(ref _bytes);

    /// <param name="bytes">The size.</param>
    /// <param name="present">Whether all of it takes memory at once; if not, <see cref="MakePresent"/> follows for parts of it, on several
    /// threads.</param>
    /// <exception cref="InsufficientMemoryException">There is not enough memory.</exception>
    public static void* Allocate(nuint bytes, bool present = true)
    {
        void* block = AllocateUncounted(bytes, present);
        Interlocked.Add(ref _bytes, (long)bytes);
        return block;
    }

    /// <param name="block">A block; null for none.</param>
    /// <param name="bytes">Its size.</param>
    public static void Free(void* block, nuint bytes)
    {
        if (block == null)
            return;
        FreeUncounted(block, bytes);
        Interlocked.Add(ref _bytes, -(long)bytes);
    }

    /// <summary>Prepares a part of a block to be written: all pages at once cost less than one by one.</summary>
    /// <param name="block">The block.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="first">The first byte of the part.</param>
    /// <param name="count">The size of the part.</param>
    public static void MakePresent(void* block, nuint bytes, nuint first, nuint count)
    {
        if (HasPages(bytes))
            Pages.MakePresent((byte*)block + first, count);
    }

    /// <summary>Whether <see cref="Resize"/> can make a block another size.</summary>
    public static bool CanResize(void* block, nuint bytes, nuint resized)
    {
#if DEBUG
        if (GuardedMemory.IsOn || GuardedMemory.Has(block))
            return false;
#endif
        return HasPages(bytes) && HasPages(resized);
    }

    /// <summary>Makes a block larger or smaller, with its pages, which may get another address. New pages are zero.</summary>
    /// <exception cref="InsufficientMemoryException">There is not enough memory; the block is as it was.</exception>
    public static void* Resize(void* block, nuint bytes, nuint resized)
    {
#if DEBUG
        if (resized > bytes && ScarceMemory.RefusesNext())
            throw Insufficient(resized);
#endif
        if (resized <= bytes)
            return Counted(Pages.Resize(block, bytes, resized));

        using MemoryGrants.Grant grant = Room.Ask((long)(resized - bytes));
        if (!grant.IsGiven)
            throw Insufficient(resized);
        void* moved = Counted(Pages.Resize(block, bytes, resized));
        Pages.MakePresent((byte*)moved + bytes, resized - bytes);
        return moved;

        void* Counted(void* found)
        {
            if (found == null)
                throw Insufficient(resized);
            Interlocked.Add(ref _bytes, (long)resized - (long)bytes);
            return found;
        }
    }

    private static void* AllocateUncounted(nuint bytes, bool present)
    {
#if DEBUG
        if (ScarceMemory.RefusesNext())
            throw Insufficient(bytes);
        if (GuardedMemory.IsOn)
            return GuardedMemory.Allocate(bytes);
#endif
        if (!HasPages(bytes))
            return AllocateSmall(bytes);
        using MemoryGrants.Grant grant = Room.Ask((long)bytes);
        void* block = grant.IsGiven ? Pages.Allocate(bytes, present) : null;
        return block == null ? throw Insufficient(bytes) : block;
    }

    private static void FreeUncounted(void* block, nuint bytes)
    {
#if DEBUG
        if (GuardedMemory.Free(block))
            return;
#endif
        if (HasPages(bytes))
            Pages.Free(block, bytes);
        else
            FreeSmall(block, bytes);
    }

    private static void FreeSmall(void* block, nuint bytes)
    {
        NativeMemory.AlignedFree(block);
        if (Interlocked.Add(ref _smallBytesFreed, (long)bytes) < SmallBytesPerTrim)
            return;
        Volatile.Write(ref _smallBytesFreed, 0);
        AllocatorHoles.Release();
    }

    private static bool HasPages(nuint bytes) => bytes >= LeastPages && OperatingSystem.IsLinux();

    private static void* AllocateSmall(nuint bytes)
    {
        try
        {
            void* block = NativeMemory.AlignedAlloc(Math.Max(bytes, 1), Alignment);
            NativeMemory.Clear(block, bytes);
            return block;
        }
        catch (OutOfMemoryException)
        {
            throw Insufficient(bytes);
        }
    }

    private static InsufficientMemoryException Insufficient(nuint bytes) =>
        new($"There is no memory for {bytes} bytes of weights, states or activations; {Bytes} bytes are in use for them"
            + (AvailableMemory.Bytes is { } left ? $", and {left} are left of the memory that the process may use." : "."));
}
