using System.Buffers.Binary;
using System.Numerics.Tensors;

namespace RetNet.Extensions.Benchmarks.Models;

/// <summary>Rounds values to blocks of 256 in ggml's formats Q4_K and Q6_K, each scale from its group alone.</summary>
internal static class SuperBlocks
{
    public const int Values = 256;
    public const int Q4Bytes = 144;
    public const int Q6Bytes = 210;

    /// <summary>Q4_K: eight groups of 32, each from its least to its largest value in 15 steps.</summary>
    public static byte[] ToQ4(float[] values)
    {
        byte[] blocks = new byte[values.Length / Values * Q4Bytes];
        Parallel.For(0, values.Length / Values, i => ToQ4(values.AsSpan(i * Values, Values), blocks.AsSpan(i * Q4Bytes, Q4Bytes)));
        return blocks;
    }

    /// <summary>Q6_K: sixteen groups of 16, each from −31 to 31 times its largest magnitude ÷ 31.</summary>
    public static byte[] ToQ6(float[] values)
    {
        byte[] blocks = new byte[values.Length / Values * Q6Bytes];
        Parallel.For(0, values.Length / Values, i => ToQ6(values.AsSpan(i * Values, Values), blocks.AsSpan(i * Q6Bytes, Q6Bytes)));
        return blocks;
    }

    private static void ToQ4(ReadOnlySpan<float> values, Span<byte> block)
    {
        const int groups = 8, group = 32, most = 63, header = 4, scaleBytes = 12;
        Span<float> steps = stackalloc float[groups];
        Span<float> minima = stackalloc float[groups];
        for (int g = 0; g < groups; g++)
        {
            ReadOnlySpan<float> part = values.Slice(g * group, group);
            float least = Math.Min(0, TensorPrimitives.Min(part));
            (steps[g], minima[g]) = ((TensorPrimitives.Max(part) - least) / 15, -least);
        }

        Half step = (Half)(Largest(steps) / most), minimum = (Half)(Largest(minima) / most);
        BinaryPrimitives.WriteHalfLittleEndian(block, step);
        BinaryPrimitives.WriteHalfLittleEndian(block[2..], minimum);
        Span<byte> scales = block.Slice(header, scaleBytes);
        for (int g = 0; g < groups; g++)
        {
            int s = Round(steps[g], (float)step, 0, most), m = Round(minima[g], (float)minimum, 0, most);
            if (g < 4)
            {
                scales[g] |= (byte)s;
                scales[g + 4] |= (byte)m;
            }
            else
            {
                scales[g + 4] = (byte)((s & 15) | (m << 4));
                scales[g - 4] |= (byte)(s >> 4 << 6);
                scales[g] |= (byte)(m >> 4 << 6);
            }

            for (int i = 0; i < group; i++)
            {
                int q = Round(values[(g * group) + i] + ((float)minimum * m), (float)step * s, 0, 15);
                block[header + scaleBytes + (g / 2 * group) + i] |= (byte)(q << (g % 2 * 4));
            }
        }
    }

    private static void ToQ6(ReadOnlySpan<float> values, Span<byte> block)
    {
        const int groups = 16, group = 16, most = 31, upper = 128, scales = upper + 64;
        Span<float> steps = stackalloc float[groups];
        for (int g = 0; g < groups; g++)
            steps[g] = Largest(values.Slice(g * group, group)) / most;
        Half step = (Half)(Largest(steps) / sbyte.MaxValue);
        BinaryPrimitives.WriteHalfLittleEndian(block[(scales + groups)..], step);
        for (int g = 0; g < groups; g++)
            block[scales + g] = (byte)Round(steps[g], (float)step, 0, sbyte.MaxValue);
        for (int i = 0; i < Values; i++)
        {
            int q = Round(values[i], (float)step * block[scales + (i / group)], -most - 1, most) + most + 1;
            int half = i / 128, quarter = i / 32 % 4, place = i % 32;
            block[(half * 64) + (quarter % 2 * 32) + place] |= (byte)((q & 15) << (quarter / 2 * 4));
            block[upper + (half * 32) + place] |= (byte)(q >> 4 << (quarter * 2));
        }
    }

    private static float Largest(ReadOnlySpan<float> values) => Math.Abs(TensorPrimitives.MaxMagnitude(values));

    private static int Round(float value, float step, int least, int most) =>
        step == 0 ? 0 : (int)Math.Clamp(MathF.Round(value / step), least, most);
}
