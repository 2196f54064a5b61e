using FsCheck.Xunit;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Tests.Kernels;

public sealed unsafe class RotaryTests
{
    private const int Pairs = 6;

    private static readonly float[] Frequencies = [.. Enumerable.Range(0, Pairs).Select(i => (float)Math.Pow(10000, -(double)i / Pairs))];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rotation_turns_each_pair_by_position_times_frequency(bool halves)
    {
        float[] x = RandomValues.Floats(2 * 2 * 2 * Pairs, seed: 1);
        float[] rotated = Rotate(x, position: 37, rows: 2, heads: 2, halves);
        for (int row = 0; row < 2; row++)
        {
            for (int head = 0; head < 2; head++)
            {
                int start = ((row * 2) + head) * 2 * Pairs;
                for (int i = 0; i < Pairs; i++)
                {
                    (int a, int b) = halves ? (start + i, start + i + Pairs) : (start + (2 * i), start + (2 * i) + 1);
                    (double sin, double cos) = Math.SinCos((37 + row) * (double)Frequencies[i]);
                    Assert.Equal((x[a] * cos) - (x[b] * sin), rotated[a], 1e-5);
                    Assert.Equal((x[b] * cos) + (x[a] * sin), rotated[b], 1e-5);
                }
            }
        }
    }

    [Property(MaxTest = 100)]
    public void Rotation_keeps_norms(int seed, ushort position, bool halves)
    {
        float[] x = RandomValues.Floats(2 * Pairs, seed);
        Assert.Equal(Dot(x, x), Norm(Rotate(x, position, 1, 1, halves)), 1e-5);

        static double Norm(float[] rotated) => Dot(rotated, rotated);
    }

    [Property(MaxTest = 100)]
    public void Products_of_rotated_rows_depend_on_their_distance_only(int seed, byte distance, byte shift, bool halves)
    {
        float[] query = RandomValues.Floats(2 * Pairs, seed), key = RandomValues.Floats(2 * Pairs, unchecked(seed + 1));
        double here = Dot(Rotate(query, distance, 1, 1, halves), Rotate(key, 0, 1, 1, halves));
        double there = Dot(Rotate(query, distance + shift, 1, 1, halves), Rotate(key, shift, 1, 1, halves));
        Assert.Equal(here, there, 1e-4);
    }

    private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();

    private static float[] Rotate(float[] x, long position, int rows, int heads, bool halves)
    {
        float[] result = [.. x], cosines = new float[rows * Pairs], sines = new float[rows * Pairs];
        fixed (float* r = result, cos = cosines, sin = sines)
        {
            Rotary.FillTable(Frequencies, position, rows, cos, sin);
            if (halves)
                Rotary.RotateHalves(r, rows, heads, Pairs, cos, sin);
            else
                Rotary.RotateInterleaved(r, rows, heads, Pairs, cos, sin);
        }

        return result;
    }
}
