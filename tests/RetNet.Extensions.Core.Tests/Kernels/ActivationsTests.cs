using RetNet.Extensions.Core.Kernels.Functions;

namespace RetNet.Extensions.Core.Tests.Kernels;

public sealed unsafe class ActivationsTests
{
    // 20 digits, from the Maclaurin series in exact arithmetic.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1e-10, 1.1283791670955125739e-10)]
    [InlineData(0.1, 0.11246291601828489220)]
    [InlineData(0.5, 0.52049987781304653768)]
    [InlineData(1, 0.84270079294971486934)]
    [InlineData(2, 0.99532226501895273416)]
    [InlineData(2.9999, 0.99997789557351783912)]
    [InlineData(3, 0.99997790950300141456)]
    [InlineData(3.5, 0.99999925690162765859)]
    [InlineData(4, 0.99999998458274209972)]
    [InlineData(5, 0.99999999999846254021)]
    [InlineData(7, 1)]
    [InlineData(double.PositiveInfinity, 1)]
    public void Erf_is_right_to_1e_15(double x, double expected)
    {
        Assert.Equal(expected, Activations.Erf(x), 1e-15 * Math.Max(expected, 1e-10));
        Assert.Equal(-expected, Activations.Erf(-x), 1e-15 * Math.Max(expected, 1e-10));
    }

    [Fact]
    public void Erf_rises_evenly_where_its_two_formulas_meet()
    {
        for (double x = 2.99; x < 3.01; x += 1e-4)
        {
            double slope = (Activations.Erf(x + 1e-4) - Activations.Erf(x)) / 1e-4;
            double middle = x + 0.5e-4;
            Assert.Equal(2 / Math.Sqrt(Math.PI) * Math.Exp(-middle * middle), slope, 1e-10);
        }
    }

    [Fact]
    public void Not_a_number_stays_one_in_every_activation()
    {
        float[] x = [float.NaN], y = [1];
        Activations.SiluGate(x, y);
        Assert.True(float.IsNaN(x[0]));
        Activations.GeluGate(x, y);
        Assert.True(float.IsNaN(x[0]));
        Activations.ReluGate(x, y);
        Assert.True(float.IsNaN(x[0]));
    }

    [Fact]
    public void Gates_multiply_the_activation_of_x_by_y()
    {
        float[] x = RandomValues.Floats(1000, seed: 1, scale: 12), y = RandomValues.Floats(1000, seed: 2);
        float[] silu = [.. x], gelu = [.. x], relu = [.. x];
        Activations.SiluGate(silu, y);
        Activations.GeluGate(gelu, y);
        Activations.ReluGate(relu, y);
        for (int i = 0; i < x.Length; i++)
        {
            double wide = x[i];
            Assert.Equal(wide / (1 + Math.Exp(-wide)) * y[i], silu[i], (1e-6 * Math.Abs(wide * y[i])) + 1e-9);
            Assert.Equal(wide * 0.5 * (1 + Activations.Erf(wide / Math.Sqrt(2))) * y[i], gelu[i], (1e-6 * Math.Abs(wide * y[i])) + 1e-9);
            Assert.Equal(Math.Max(x[i], 0) * y[i], relu[i]);
        }
    }

    [Fact]
    public void Silu_gives_the_same_bits_wherever_a_value_lies()
    {
        float[] x = RandomValues.Floats(600, seed: 3, scale: 8);
        float[] together = [.. x], ones = [.. Enumerable.Repeat(1f, x.Length)];
        Activations.SiluGate(together, ones);
        for (int i = 0; i < x.Length; i++)
        {
            float[] alone = [x[i]];
            Activations.SiluGate(alone, [1]);
            Assert.Equal(together[i], alone[0]);
        }
    }

    [Fact]
    public void Softmax_takes_scores_of_any_size()
    {
        float[] x = [1000, 1000 + MathF.Log(3), -1000, float.NegativeInfinity];
        Softmax.InPlace(x);
        Assert.Equal(0.25, x[0], 1e-4);
        Assert.Equal(0.75, x[1], 1e-4);
        Assert.Equal((0f, 0f), (x[2], x[3]));
        float[] low = [-2000, -2000];
        Softmax.InPlace(low);
        Assert.Equal([0.5f, 0.5f], low);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(191)]
    public void Rms_norm_divides_each_row_by_its_root_mean_square(int width)
    {
        const int rows = 3;
        const float epsilon = 1e-5f;
        float[] x = RandomValues.Floats(rows * width, seed: 4,
            scale: 30), weight = RandomValues.Floats(width, seed: 5), y = new float[x.Length], plain = new float[x.Length];
        fixed (float* source = x, w = weight, target = y, bare = plain)
        {
            Normalization.Rms(source, w, target, rows, width, epsilon);
            Normalization.Rms(source, null, bare, rows, width, epsilon);
        }

        for (int row = 0; row < rows; row++)
        {
            double meanSquare = Enumerable.Range(0, width).Average(i => Math.Pow(x[(row * width) + i], 2));
            for (int i = 0; i < width; i++)
            {
                double expected = x[(row * width) + i] / Math.Sqrt(meanSquare + epsilon);
                Assert.Equal(expected, plain[(row * width) + i], 1e-6 * Math.Abs(expected));
                Assert.Equal(expected * weight[i], y[(row * width) + i], 1e-6 * Math.Abs(expected));
            }
        }
    }
}
