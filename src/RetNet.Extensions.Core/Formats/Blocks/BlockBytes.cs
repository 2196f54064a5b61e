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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Half(byte* bytes) => (float)MemoryMarshal.Read<Half>(new ReadOnlySpan<byte>(bytes, HalfSize));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort UInt16(byte* bytes) => MemoryMarshal.Read<ushort>(new ReadOnlySpan<byte>(bytes, sizeof(ushort)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    /// <summary>Joins each four numbers from 0 to 15 to a word of 16 bits: the first two in the lower halves of its bytes, the others in
    /// the upper.</summary>
    /// <param name="q">32 numbers of each group.</param>
    /// <param name="groups">The number of groups.</param>
    /// <param name="fours">Receives 8 words of each.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void JoinFours(byte* q, int groups, ushort* fours)
    {
        int size = Vector256<byte>.Count;
        for (int group = 0; group < groups; group++, q += size, fours += size / 4)
        {
            Vector256<uint> each = Fours(Vector256.Load(q));
            Vector128.Narrow(each.GetLower(), each.GetUpper()).Store(fours);
        }
    }

    /// <summary>Joins each four of 32 numbers, in the lower halves of the words of 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Fours(Vector256<byte> q) => q.AsUInt32() | (q.AsUInt32() >>> 12);
}
