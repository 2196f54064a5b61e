using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Tests.Checkpoints.Gguf;

/// <summary>One element of a block at a time, by the layouts that <see cref="TensorType"/> states: the scalar reference of the block
/// formats.</summary>
internal static class BlockReference
{
    public static int Elements(TensorType type) => type is TensorType.Q4_K or TensorType.Q5_K or TensorType.Q6_K ? 256 : 32;

    public static int Bytes(TensorType type) => type switch
    {
        TensorType.Q8_0 => 2 + 32,
        TensorType.Q4_0 => 2 + 16,
        TensorType.Q4_1 => 4 + 16,
        TensorType.Q5_0 => 2 + 4 + 16,
        TensorType.Q5_1 => 4 + 4 + 16,
        TensorType.Q4_K => 4 + 12 + 128,
        TensorType.Q5_K => 4 + 12 + 32 + 128,
        _ => 128 + 64 + 16 + 2,
    };

    public static float Element(TensorType type, ReadOnlySpan<byte> block, int i) => type switch
    {
        TensorType.Q8_0 => Scale(block) * (sbyte)block[2 + i],
        TensorType.Q4_0 => Scale(block) * (Nibble(block[2 + (i % 16)], upper: i >= 16) - 8),
        TensorType.Q4_1 => (Scale(block) * Nibble(block[4 + (i % 16)], upper: i >= 16)) + Scale(block[2..]),
        TensorType.Q5_0 => Scale(block) * (FiveBits(block[2..], i) - 16),
        TensorType.Q5_1 => (Scale(block) * FiveBits(block[4..], i)) + Scale(block[2..]),
        TensorType.Q4_K => Grouped(block, i, Nibble(block[16 + (i / 64 * 32) + (i % 32)], upper: i / 32 % 2 == 1)),
        TensorType.Q5_K =>
            Grouped(
                block, i, Nibble(block[48 + (i / 64 * 32) + (i % 32)], upper: i / 32 % 2 == 1)
                    + (16 * ((block[16 + (i % 32)] >> (i / 32)) & 1))),
        _ => Q6_K(block, i),
    };

    private static float Grouped(ReadOnlySpan<byte> block, int i, int q)
    {
        ReadOnlySpan<byte> b = block.Slice(4, 12);
        int g = i / 32;
        int s = g < 4 ? b[g] & 63 : Nibble(b[g + 4], upper: false) | (b[g - 4] >> 6 << 4);
        int m = g < 4 ? b[g + 4] & 63 : Nibble(b[g + 4], upper: true) | (b[g] >> 6 << 4);
        return (Scale(block) * s * q) - (Scale(block[2..]) * m);
    }

    private static int FiveBits(ReadOnlySpan<byte> bits, int i) =>
        Nibble(bits[4 + (i % 16)], upper: i >= 16) + (16 * ((bits[i / 8] >> (i % 8)) & 1));

    private static float Q6_K(ReadOnlySpan<byte> block, int i)
    {
        int half = i / 128, k = i % 128 / 32, j = i % 32;
        int low = Nibble(block[(half * 64) + (k % 2 * 32) + j], upper: k >= 2);
        int high = (block[128 + (half * 32) + j] >> (2 * k)) & 3;
        return Scale(block[208..]) * (sbyte)block[192 + (i / 16)] * ((low + (16 * high)) - 32);
    }

    private static int Nibble(byte value, bool upper) => upper ? value / 16 : value % 16;

    private static float Scale(ReadOnlySpan<byte> bytes) => (float)BitConverter.ToHalf(bytes);
}
