using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Memory;

/// <summary>Asks for memory before it is needed.</summary>
internal static unsafe class Prefetch
{
    private const int CacheLine = 64;

    // Two pages.
    private const int Window = 8192;

    /// <summary>Asks for two lines of a stream that will be read soon; they may lie behind the memory's end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TwoLines(void* address)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(address);
        Sse.Prefetch0((byte*)address + CacheLine);
    }

    /// <summary>Asks for four lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FourLines(void* address)
    {
        TwoLines(address);
        TwoLines((byte*)address + (2 * CacheLine));
    }

    /// <summary>Asks for memory ahead of a stream that is read 256 bytes at a time: for a line of each quarter of the next 8 KiB.</summary>
    /// <remarks>A processor answers requests to several places at a time faster than those for one line after the other: two cores of an
    /// AMD EPYC (Zen 5) read up to 1.3 times as fast so.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AheadOfFourLines(void* address)
    {
        byte* next = NextWindow(address, 4);
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(next);
        Sse.Prefetch0(next + (Window / 4));
        Sse.Prefetch0(next + (Window / 2));
        Sse.Prefetch0(next + (Window / 4 * 3));
    }

    /// <summary>Asks for memory ahead of a stream that is read 128 bytes at a time: for a line of each half of the next 8 KiB.</summary>
    /// <inheritdoc cref="AheadOfFourLines"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AheadOfTwoLines(void* address)
    {
        byte* next = NextWindow(address, 2);
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(next);
        Sse.Prefetch0(next + (Window / 2));
    }

    /// <summary>The place in a part of the next window that an address has in the whole of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* NextWindow(void* address, nuint parts)
    {
        nuint inside = (nuint)address & (Window - 1);
        return (byte*)address - inside + Window + (inside / parts);
    }
}
