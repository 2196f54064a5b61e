using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Kernels;

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
        ushort[] target = new ushort[1];
        WeightConversion.ToBFloat16([BitConverter.UInt32BitsToSingle(bits)], target);
        Assert.Equal(expected, target[0]);
    }

    [Property(MaxTest = 500)]
    public void BFloat16_is_the_nearest_of_its_neighbours(int bits)
    {
        float value = BitConverter.Int32BitsToSingle(bits);
        if (!float.IsFinite(value) || Math.Abs(value) > 3e38f)
            return;
        ushort[] rounded = new ushort[1];
        WeightConversion.ToBFloat16([value], rounded);
        float[] back = new float[3];
        WeightConversion.FromBFloat16([rounded[0], (ushort)(rounded[0] + 1), (ushort)(rounded[0] - 1)], back);
        double error = Math.Abs((double)back[0] - value);
        Assert.True(error <= Math.Abs((double)back[1] - value) || float.IsNaN(back[1]));
        Assert.True(error <= Math.Abs((double)back[2] - value) || float.IsNaN(back[2]));
    }

    [Property(MaxTest = 200)]
    public void Int8_is_off_by_at_most_half_its_scale(NormalFloat[] values, PositiveInt columns)
    {
        float[] source = RandomValues.Floats((columns.Get * 7 % 300) + 1, values.Length, scale: 3);
        for (int i = 0; i < Math.Min(values.Length, source.Length); i++)
            source[i] = (float)Math.Clamp(values[i].Get, -1e30, 1e30);
        int groups = (source.Length + WeightMatrix.GroupSize - 1) / WeightMatrix.GroupSize;
        sbyte[] rounded = new sbyte[source.Length];
        float[] scales = new float[groups];
        float[] back = new float[source.Length];
        WeightConversion.ToInt8(source, rounded, scales);
        WeightConversion.FromInt8(rounded, scales, back);
        for (int i = 0; i < source.Length; i++)
        {
            float scale = scales[i / WeightMatrix.GroupSize];
            Assert.InRange(rounded[i], (sbyte)-127, (sbyte)127);
            Assert.True(Math.Abs(source[i] - back[i]) <= scale * 0.50001f, $"{source[i]} became {back[i]} at scale {scale}");
        }
    }

    [Fact]
    public void Int8_keeps_zeros_and_the_largest_of_a_group_exactly()
    {
        float[] source = new float[130];
        source[3] = -12.7f;
        source[70] = 127;
        source[71] = 1;
        sbyte[] rounded = new sbyte[130];
        float[] scales = new float[3];
        WeightConversion.ToInt8(source, rounded, scales);
        Assert.Equal([12.7f / 127, 1f, 0f], scales);
        Assert.Equal((-127, 127, 1, 0), (rounded[3], rounded[70], rounded[71], rounded[129]));
    }

    [Theory]
    [InlineData(WeightFormat.Auto, 4)]
    [InlineData(WeightFormat.Float32, 4)]
    [InlineData(WeightFormat.BFloat16, 2)]
    [InlineData(WeightFormat.Int8, 1)]
    public void A_matrix_takes_the_bytes_that_its_format_names(WeightFormat format, int bytes)
    {
        using TestMatrix matrix = new(6, 128, format);
        int scales = format == WeightFormat.Int8 ? 6 * 2 * sizeof(float) : 0;
        Assert.Equal((6 * 128 * bytes) + scales, matrix.Weights.ByteSize);
        float[] rounded = matrix.Rounded();
        for (int i = 0; i < rounded.Length; i++)
            Assert.Equal(matrix.Original[i], rounded[i], format is WeightFormat.Auto or WeightFormat.Float32 ? 0 : 0.005f);
    }
}
