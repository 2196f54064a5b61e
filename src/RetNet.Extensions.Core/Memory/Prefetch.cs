using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Memory;

/// <summary>Asks for memory before it is needed.</summary>
internal static unsafe class Prefetch
{
    private const int CacheLine = 64;

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
}
