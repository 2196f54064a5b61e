using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>What vectors pack is bit for bit what <see cref="ReferencePacking"/> writes number by number.</summary>
public sealed unsafe class WeightPackingTests
{
    private static readonly TensorType[] Floats = [TensorType.Float32, TensorType.BFloat16, TensorType.Float16];

    private static readonly TensorType[] SmallBlocks =
        [TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1];

    private static readonly TensorType[] SuperBlocks = [TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K];

    public static TheoryData<TensorType, WeightFormat> All
    {
        get
        {
            TheoryData<TensorType, WeightFormat> pairs = [];
            foreach (TensorType type in (TensorType[])[.. Floats, .. SmallBlocks, .. SuperBlocks])
            {
                foreach (WeightFormat format in (WeightFormat[])[WeightFormat.Float32, WeightFormat.BFloat16, WeightFormat.Int8,
                    WeightFormat.Int4])
                {
                    pairs.Add(type, format);
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Panels_are_those_of_the_reference(TensorType type, WeightFormat format)
    {
        // Whole panels and a part of one; whole pieces of 256 columns, parts of one, and parts of groups where a type has them.
        foreach (int rows in (int[])[1, 64, 130])
        {
            foreach (int columns in Columns(type))
                AssertEqual(type, format, rows, columns, RandomBytes);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Panels_of_ordinary_weights_are_those_of_the_reference(TensorType type, WeightFormat format)
    {
        foreach (int columns in Columns(type))
            AssertEqual(type, format, 70, columns, Ordinary);
    }

    [Theory]
    [InlineData(WeightFormat.Int8)]
    [InlineData(WeightFormat.Int4)]
    public void Panels_of_infinite_tiny_and_zero_weights_are_those_of_the_reference(WeightFormat format) =>
        AssertEqual(TensorType.Float32, format, 70, 520, Wild);

    [Theory]
    [InlineData(TensorType.Q4_K)]
    [InlineData(TensorType.Float32)]
    public void A_matrix_is_read_a_panel_at_a_time(TensorType type)
    {
        const int rows = 300, columns = 512;
        int most = 0;
        StoredMatrix source = new(type, (_, target) => most = Math.Max(most, target.Length), rows, columns);

        using WeightMatrix packed = WeightMatrix.Create(source, WeightFormat.Auto);

        Assert.Equal(64 * StoredMatrix.Bytes(type, columns), most);
    }

    [Theory]
    [InlineData(8, 8, 8)]
    [InlineData(64, 21, 64)]
    [InlineData(64, 32, 64)]
    [InlineData(16, 1, 16)]
    [InlineData(25, 19, 32)]
    public void Transposed_words_of_32_bits_are_those_of_the_other_side(int rows, int words, int stride)
    {
        uint[] source = new uint[rows * words], target = new uint[stride * words];
        new Random(1).NextBytes(MemoryMarshal.AsBytes(source.AsSpan()));
        fixed (uint* s = source, t = target)
            Transposition.Words32((byte*)s, words * sizeof(uint), rows, words, t, stride);

        for (int i = 0; i < source.Length; i++)
            Assert.Equal(source[i], target[(i % words * stride) + (i / words)]);
    }

    [Theory]
    [InlineData(16, 16)]
    [InlineData(64, 40)]
    [InlineData(64, 64)]
    [InlineData(32, 3)]
    public void Transposed_words_of_16_bits_are_those_of_the_other_side(int rows, int words)
    {
        ushort[] source = new ushort[rows * words], target = new ushort[rows * words];
        new Random(1).NextBytes(MemoryMarshal.AsBytes(source.AsSpan()));
        fixed (ushort* s = source, t = target)
            Transposition.Words16((byte*)s, words * sizeof(ushort), rows, words, t);

        for (int i = 0; i < source.Length; i++)
            Assert.Equal(source[i], target[(i % words * rows) + (i / words)]);
    }

    [Fact]
    public void Halves_are_those_of_the_runtime_s_conversion()
    {
        // Every half, what lies between it and the next, and any bits at all.
        List<float> values = [float.MaxValue, float.Epsilon, 65519.996f, 65520, 65536, float.NaN, float.NegativeInfinity];
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            float half = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            float next = (float)BitConverter.UInt16BitsToHalf((ushort)(bits + 1));
            float middle = (half + next) / 2;
            values.AddRange([half, middle, MathF.BitIncrement(middle), MathF.BitDecrement(middle)]);
        }

        Random random = new(3);
        values.AddRange(Enumerable.Range(0, 100_000).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))));
        float[] source = [.. values, .. new float[-values.Count & 7]];
        ushort[] halves = new ushort[source.Length];
        fixed (float* s = source)
        fixed (ushort* h = halves)
            WeightConversion.ToHalves(s, h, source.Length);

        Assert.Equal(source.Select(value => BitConverter.HalfToUInt16Bits((Half)value)), halves);
    }

    [Fact]
    public void Every_half_is_widened_as_the_runtime_does()
    {
        // Three more than whole vectors.
        ushort[] halves = [.. Enumerable.Range(0, (1 << 16) + 3).Select(bits => (ushort)bits)];
        float[] values = new float[halves.Length];

        WeightConversion.FromHalves(halves, values);

        Assert.Equal(halves.Select(bits => Bits((float)BitConverter.UInt16BitsToHalf(bits))), values.Select(Bits));

        static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);
    }

    private static int[] Columns(TensorType type) =>
        Floats.Contains(type) ? [1, 37, 64, 300, 512] : SmallBlocks.Contains(type) ? [32, 96, 352, 512] : [256, 768];

    private static void AssertEqual(TensorType type, WeightFormat format, int rows, int columns, Action<TensorType, byte[]> fill)
    {
        byte[] stored = new byte[rows * StoredMatrix.Bytes(type, columns)];
        fill(type, stored);
        StoredMatrix source = new(
            type, (offset, target) => stored.AsSpan((int)offset, target.Length).CopyTo(target), rows, columns);
        ReferencePacking expected = new(source, format);

        using WeightMatrix packed = WeightMatrix.Create(source, format, threads: 2);

        PackedWeights w = packed.Packed;
        int groups = w.Panels * w.Groups * WeightPanel.Rows;
        Assert.True(expected.Data.AsSpan().SequenceEqual(new ReadOnlySpan<byte>(w.Data, expected.Data.Length)), "the weights");
        if (w.IsInteger)
            Assert.True(expected.Scales.AsSpan().SequenceEqual(new ReadOnlySpan<ushort>(w.Scales, groups)), "the scales");
        if (format == WeightFormat.Int4)
            Assert.True(expected.Offsets.AsSpan().SequenceEqual(new ReadOnlySpan<ushort>(w.Offsets, groups)), "the offsets");
    }

    // All that a scale or a weight can be: NaN, infinities, denormal numbers and zeros of either sign among them.
    private static void RandomBytes(TensorType type, byte[] stored)
    {
        Random random = new(7);
        random.NextBytes(stored);
        byte[][] special = type == TensorType.Float32
            ? [[0, 0, 0x80, 0x7F], [0, 0, 0x80, 0xFF], [0, 0, 0xC0, 0x7F], [1, 0, 0x80, 0x7F], [0, 0, 0, 0x80], [1, 0, 0, 0], [0, 0, 0, 0]]
            : [[0, 0x7C], [0, 0xFC], [0, 0x7E], [1, 0x7C], [0, 0x80], [1, 0], [0, 0], [0x80, 0x7F], [0xC0, 0x7F]];
        int unit = BlockFormat.IsBlockFormat(type) ? BlockFormat.Bytes(type) : special[0].Length;
        for (int at = 0; at + unit <= stored.Length; at += unit)
        {
            if (random.Next(8) == 0)
                special[random.Next(special.Length)].CopyTo(stored, at + (type == TensorType.Q6_K ? unit - 2 : 0));
        }
    }

    // Groups of any magnitude, each number one but NaN.
    private static void Wild(TensorType _, byte[] stored)
    {
        Random random = new(11);
        float magnitude = 1;
        Span<float> values = MemoryMarshal.Cast<byte, float>(stored.AsSpan());
        for (int i = 0; i < values.Length; i++)
        {
            if (i % 8 == 0)
                magnitude = random.Next(6) == 0 ? 0 : MathF.ScaleB(1, random.Next(-45, 45));
            values[i] = random.Next(500) == 0 ? float.NegativeInfinity : magnitude * ((2 * random.NextSingle()) - 1);
        }
    }

    private static void Ordinary(TensorType type, byte[] stored)
    {
        Random random = new(9);
        random.NextBytes(stored);
        int unit = BlockFormat.IsBlockFormat(type) ? BlockFormat.Bytes(type) : TensorTypeNames.Bits(type) / 8;
        for (int at = 0; at < stored.Length; at += unit)
        {
            float value = (float)(random.NextDouble() - 0.5);
            Span<byte> bytes = stored.AsSpan(at);
            if (type == TensorType.Float32)
                MemoryMarshal.Write(bytes, value);
            else if (type == TensorType.BFloat16)
                MemoryMarshal.Write(bytes, WeightConversion.ToBFloat16(value));
            else
                MemoryMarshal.Write(type == TensorType.Q6_K ? bytes[(unit - 2)..] : bytes, (Half)value);
            if (type is TensorType.Q4_1 or TensorType.Q5_1 or TensorType.Q4_K or TensorType.Q5_K)
                MemoryMarshal.Write(bytes[2..], (Half)value);
        }
    }
}
