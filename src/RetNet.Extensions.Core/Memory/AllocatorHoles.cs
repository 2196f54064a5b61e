using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Memory;

/// <summary>The free pages between the blocks of C's allocator.</summary>
internal static unsafe class AllocatorHoles
{
    // Of GNU's library; others, such as musl, give free pages back themselves or have no such function.
    private static readonly delegate* unmanaged<nuint, int> Trim =
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out nint library)
            && NativeLibrary.TryGetExport(library, "malloc_trim", out nint trim)
            ? (delegate* unmanaged<nuint, int>)trim
            : null;

    /// <summary>Gives them back to the operating system, where the allocator can: milliseconds.</summary>
    public static void Release()
    {
        if (Trim != null)
            _ = Trim(0);
    }
}
