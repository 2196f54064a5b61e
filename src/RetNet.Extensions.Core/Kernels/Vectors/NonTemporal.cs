using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>Stores past the caches, for what is not read again soon: a line that is written whole need not be read from memory
/// first.</summary>
/// <remarks>Another thread sees such stores after the next interlocked operation of this one, as at the end of a parallel loop.</remarks>
internal static unsafe class NonTemporal
{
    /// <summary>Copies bytes.</summary>
    /// <param name="source">The first byte, with any alignment.</param>
    /// <param name="target">The first byte; if it does not begin a line, bytes are copied as usual.</param>
    /// <param name="bytes">The number of bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(byte* source, byte* target, int bytes)
    {
        const int line = Prefetch.LineBytes, half = line / 2;
        int lines = (nuint)target % line == 0 ? bytes / line * line : 0;
        for (int i = 0; i < lines; i += line)
        {
            Vector256<byte> first = Vector256.Load(source + i), second = Vector256.Load(source + i + half);
            first.StoreAlignedNonTemporal(target + i);
            second.StoreAlignedNonTemporal(target + i + half);
        }

        NativeMemory.Copy(source + lines, target + lines, (nuint)(bytes - lines));
    }
}
