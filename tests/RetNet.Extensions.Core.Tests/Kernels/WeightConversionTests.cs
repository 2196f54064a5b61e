using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Tests.Kernels;

public sealed class WeightConversionTests
{
    [Theory]
    [InlineData(0x3F80_0000u, 0x3F80)] // 1 is exact
    [InlineData(0x3F80_7FFFu, 0x3F80)] // below half-way: down
    [InlineData(0x3F80_8000u, 0x3F80)] // half-way: to the even neighbour, below
    [InlineData(0x3F81_8000u, 0x3F82)] // half-way: to the even neighbour, above
    [InlineData(0x3F80_8001u, 0x3F81)] // above half-way: up
    [InlineData(0xBF81_8000u, 0xBF82)] // the sign does not matter
    [InlineData(0x7F7F_FFFFu, 0x7F80)] // the largest float rounds to infinity
    [InlineData(0x7F80_0000u, 0x7F80)] // infinity stays
    [InlineData(0xFF80_0000u, 0xFF80)]
    [InlineData(0x0000_8000u, 0x0000)] // a denormal half-way: to zero
    [InlineData(0x0001_8000u, 0x0002)]
    [InlineData(0x8000_0000u, 0x8000)] // negative zero
    [InlineData(0x7F80_0001u, 0x7FC0)] // a NaN whose upper half is infinity's stays a NaN
    [InlineData(0xFFFF_FFFFu, 0xFFFF)]
    public void BFloat16_rounds_to_nearest_even(uint bits, int expected)
    {
        Assert.Equal(expected, WeightConversion.ToBFloat16(BitConverter.UInt32BitsToSingle(bits)));
    }

    [Property(MaxTest = 500)]
    public void BFloat16_is_the_nearest_of_its_neighbours(int bits)
    {
        float value = BitConverter.Int32BitsToSingle(bits);
        if (!float.IsFinite(value) || Math.Abs(value) > 3e38f)
            return;
        ushort rounded = WeightConversion.ToBFloat16(value);
        float back = WeightConversion.FromBFloat16(rounded);
        float above = WeightConversion.FromBFloat16((ushort)(rounded + 1)), below = WeightConversion.FromBFloat16((ushort)(rounded - 1));
        double error = Math.Abs((double)back - value);
        Assert.True(error <= Math.Abs((double)above - value) || float.IsNaN(above));
        Assert.True(error <= Math.Abs((double)below - value) || float.IsNaN(below));
    }

    [Property(MaxTest = 200)]
    public void Int8_is_off_by_at_most_half_its_scale(NormalFloat[] values)
    {
        float[] group = Group(values);
        sbyte[] rounded = new sbyte[group.Length];
        float scale = (float)WeightConversion.ToInt8(group, rounded);
        for (int i = 0; i < group.Length; i++)
        {
            Assert.InRange(rounded[i], (sbyte)-127, (sbyte)127);

            // The scale itself is rounded to 11 bits, or to a multiple of 2⁻²⁴.
            float tolerance = (scale * 0.5001f) + (127 * scale / 2048) + (127 / 16777216f);
            Assert.True(Math.Abs(group[i] - (rounded[i] * scale)) <= tolerance, $"{group[i]} became {rounded[i]} at scale {scale}");
        }
    }

    [Property(MaxTest = 200)]
    public void Int4_is_off_by_at_most_half_a_step(NormalFloat[] values)
    {
        float[] group = Group(values);
        byte[] rounded = new byte[group.Length];
        (Half scale, Half offset) = WeightConversion.ToInt4(group, rounded);
        float largest = group.Max(Math.Abs);
        for (int i = 0; i < group.Length; i++)
        {
            Assert.InRange(rounded[i], (byte)0, (byte)15);
            float back = (rounded[i] * (float)scale) - (float)offset;
            float tolerance = ((float)scale * 0.5001f) + (largest / 512) + (16 / 16777216f);
            Assert.True(Math.Abs(group[i] - back) <= tolerance, $"{group[i]} became {back} at scale {scale} and offset {offset}");
        }
    }

    [Fact]
    public void Int8_keeps_zeros_and_the_largest_of_a_group_exactly()
    {
        float[] group = new float[32];
        group[3] = -127;
        group[4] = 1;
        sbyte[] rounded = new sbyte[32];
        Assert.Equal((Half)1, WeightConversion.ToInt8(group, rounded));
        Assert.Equal((-127, 1, 0), (rounded[3], rounded[4], rounded[31]));
        Assert.Equal((Half)0, WeightConversion.ToInt8(new float[32], rounded));
        Assert.All(rounded, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Int4_keeps_the_ends_of_a_range_exactly()
    {
        float[] group = [-3, 12, 0, 1, 12];
        byte[] rounded = new byte[5];
        Assert.Equal(((Half)1, (Half)3), WeightConversion.ToInt4(group, rounded));
        Assert.Equal<byte>([0, 15, 3, 4, 15], rounded);
    }

    [Theory]
    [InlineData(WeightFormat.Auto, 4)]
    [InlineData(WeightFormat.Float32, 4)]
    [InlineData(WeightFormat.BFloat16, 2)]
    [InlineData(WeightFormat.Int8, 1.0625)]
    [InlineData(WeightFormat.Int4, 0.625)]
    public void A_matrix_takes_the_bytes_that_its_format_names(WeightFormat format, double bytes)
    {
        using TestMatrix matrix = new(64, 128, format);
        Assert.Equal(64 * 128 * bytes, matrix.Weights.ByteSize);
        float[] rounded = matrix.Rounded();
        float tolerance = format switch { WeightFormat.Auto or WeightFormat.Float32 => 0, WeightFormat.Int4 => 0.07f, _ => 0.005f };
        for (int i = 0; i < rounded.Length; i++)
            Assert.Equal(matrix.Original[i], rounded[i], tolerance);
    }

    private static float[] Group(NormalFloat[] values) =>
        [.. values.Take(32).Select(value => (float)Math.Clamp(value.Get, -60000, 60000)), .. RandomValues.Floats(
            Math.Max(1, 32 - values.Length), values.Length, scale: 3)];
}
