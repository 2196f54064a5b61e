using System.Runtime.InteropServices;

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
}
