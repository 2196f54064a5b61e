using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>The widest vectors that the processor computes with; constants for the compiler.</summary>
internal static class VectorWidth
{
    /// <summary>512 bits. Some processors with AVX-512 do not report <see cref="Vector512.IsHardwareAccelerated"/>, because wide vectors
    /// lower their clock; for kernels that do nothing else they still pay off.</summary>
    public static bool Is512 => Vector512.IsHardwareAccelerated || Avx512F.IsSupported;

    /// <summary>256 bits.</summary>
    public static bool Is256 => Vector256.IsHardwareAccelerated;
}
