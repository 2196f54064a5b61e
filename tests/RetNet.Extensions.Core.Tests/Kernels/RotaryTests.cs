using FsCheck.Xunit;
using RetNet.Extensions.Core.Kernels.Functions;

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

    [Theory]
    [InlineData(3, true)]
    [InlineData(3, false)]
    [InlineData(21, true)]
    [InlineData(32, true)]
    public void Rotation_back_undoes_the_rotation_and_is_its_gradient(int pairs, bool halves)
    {
        const int rows = 2, heads = 3;
        float[] frequencies = RandomValues.Floats(pairs, seed: 4), cosines = new float[rows * pairs], sines = new float[rows * pairs];
        float[] x = RandomValues.Floats(rows * heads * 2 * pairs, seed: 1), gradient = RandomValues.Floats(x.Length, seed: 2);
        float[] rotated = [.. x], back = [.. gradient];
        fixed (float* r = rotated, b = back, cos = cosines, sin = sines)
        {
            Rotary.FillTable(frequencies, 5, rows, cos, sin);
            if (halves)
            {
                Rotary.RotateHalves(r, rows, heads, pairs, cos, sin);
                Rotary.RotateHalvesBack(b, rows, heads, pairs, cos, sin);
            }
            else
            {
                Rotary.RotateInterleaved(r, rows, heads, pairs, cos, sin);
                Rotary.RotateInterleavedBack(b, rows, heads, pairs, cos, sin);
            }

            // The map is linear: ⟨R x, g⟩ = ⟨x, Rᵀ g⟩.
            Assert.Equal(Dot(rotated, gradient), Dot(x, back), 1e-4);
            if (halves)
                Rotary.RotateHalvesBack(r, rows, heads, pairs, cos, sin);
            else
                Rotary.RotateInterleavedBack(r, rows, heads, pairs, cos, sin);
        }

        Assert.All(x.Zip(rotated), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Only_the_first_values_of_a_head_are_rotated_where_it_is_wider(bool neighbours)
    {
        const int rows = 2, heads = 3, more = 4, width = (2 * Pairs) + more;
        float[] x = RandomValues.Floats(rows * heads * width, seed: 1), rotated = [.. x];
        float[] cosines = new float[rows * Pairs], sines = new float[rows * Pairs];
        fixed (float* r = rotated, cos = cosines, sin = sines)
        {
            Rotary.FillTable(Frequencies, 37, rows, cos, sin);
            Rotary.RotatePart(neighbours, r, rows, heads, width, Pairs, cos, sin);
        }

        float[] first = [.. x.Chunk(width).SelectMany(head => head[..^more])];
        Assert.Equal(Rotate(first, 37, rows, heads, halves: !neighbours), rotated.Chunk(width).SelectMany(head => head[..^more]));
        Assert.Equal(x.Chunk(width).SelectMany(head => head[^more..]), rotated.Chunk(width).SelectMany(head => head[^more..]));
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
