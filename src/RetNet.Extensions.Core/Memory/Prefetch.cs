using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Memory;

/// <summary>Asks for memory before it is needed.</summary>
internal static unsafe class Prefetch
{
    /// <summary>Bytes of a line of the caches.</summary>
    public const int LineBytes = 64;

    /// <summary>Asks for the line of an address that will be read soon; it may lie behind the memory's end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Line(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }

    /// <summary>Asks for two lines of a stream that will be read soon; they may lie behind the memory's end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TwoLines(void* address)
    {
        Line(address);
        Line((byte*)address + LineBytes);
    }

    /// <summary>Asks for four lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FourLines(void* address)
    {
        TwoLines(address);
        TwoLines((byte*)address + (2 * LineBytes));
    }
}
