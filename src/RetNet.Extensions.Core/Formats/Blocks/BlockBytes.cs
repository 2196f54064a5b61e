using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Formats.Blocks;

/// <summary>Numbers in a block, at any alignment.</summary>
internal static unsafe class BlockBytes
{
    /// <summary>Bytes of a number in half precision.</summary>
    public const int HalfSize = 2;

    public static float Half(byte* bytes) => (float)MemoryMarshal.Read<Half>(new ReadOnlySpan<byte>(bytes, HalfSize));

    public static ushort UInt16(byte* bytes) => MemoryMarshal.Read<ushort>(new ReadOnlySpan<byte>(bytes, sizeof(ushort)));

    public static uint UInt32(byte* bytes) => MemoryMarshal.Read<uint>(new ReadOnlySpan<byte>(bytes, sizeof(uint)));

    /// <summary>The lower (0) or upper (1) four bits of a byte.</summary>
    public static int Nibble(byte value, int half) => (value >> (4 * half)) & 0xF;

    /// <summary>Eight numbers as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightFloats(byte* bytes) => Vector256.ConvertToSingle(Avx2.IsSupported
        ? Avx2.ConvertToVector256Int32(bytes)
        : Vector256.Create((int)bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]));

    /// <inheritdoc cref="EightFloats(byte*)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightFloats(sbyte* bytes) => Vector256.ConvertToSingle(Avx2.IsSupported
        ? Avx2.ConvertToVector256Int32(bytes)
        : Vector256.Create((int)bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]));
}
