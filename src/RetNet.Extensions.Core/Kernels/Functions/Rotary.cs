using System.Numerics;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>Rotary position embedding (arXiv 2104.09864): pairs of a head's values are rotated by position × frequency.</summary>
internal static unsafe class Rotary
{
    /// <summary>The table of one forward: cosines and sines for every row's position.</summary>
    /// <param name="frequencies">Angle per position of each pair, <c>[pairs]</c>.</param>
    /// <param name="firstPosition">The first row's position; the next rows follow it.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="cosines"><c>[rows × pairs]</c>.</param>
    /// <param name="sines"><c>[rows × pairs]</c>.</param>
    /// <param name="factor">Factor of both.</param>
    public static void FillTable(
        ReadOnlySpan<float> frequencies, long firstPosition, int rows, float* cosines, float* sines, float factor = 1)
    {
        for (int row = 0; row < rows; row++)
        {
            // The reference implementations form the angle in float32, and so do we: its rounding shows at large positions.
            float position = firstPosition + row;
            for (int i = 0; i < frequencies.Length; i++)
            {
                (double sin, double cos) = Math.SinCos(position * frequencies[i]);
                *cosines++ = factor * (float)cos;
                *sines++ = factor * (float)sin;
            }
        }
    }

    /// <summary>Rotates the pairs (i, i + pairs) of every head: the layout of Llama and fla.</summary>
    /// <param name="x"><c>[rows × heads × 2·pairs]</c>.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="heads">The number of heads.</param>
    /// <param name="pairs">Pairs per head.</param>
    /// <param name="cosines"><c>[rows × pairs]</c>.</param>
    /// <param name="sines"><c>[rows × pairs]</c>.</param>
    public static void RotateHalves(float* x, int rows, int heads, int pairs, float* cosines, float* sines) =>
        TurnHalves(x, rows, heads, 2 * pairs, pairs, cosines, sines, 1);

    /// <summary>Rotates the pairs (i, i + pairs), or (2i, 2i + 1), of the first values of every head; the others stay.</summary>
    /// <param name="neighbours">Whether the pairs are (2i, 2i + 1).</param>
    /// <param name="x"><c>[rows × heads × width]</c>.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="heads">The number of heads.</param>
    /// <param name="width">Values of a head, at least 2·pairs.</param>
    /// <param name="pairs">Pairs per head.</param>
    /// <param name="cosines"><c>[rows × pairs]</c>.</param>
    /// <param name="sines"><c>[rows × pairs]</c>.</param>
    public static void RotatePart(
        bool neighbours, float* x, int rows, int heads, int width, int pairs, float* cosines, float* sines) =>
        TurnPart(neighbours, x, rows, heads, width, pairs, cosines, sines, 1);

    /// <summary>The inverse of <see cref="RotatePart"/>, and so the gradient of it.</summary>
    /// <inheritdoc cref="RotatePart"/>
    public static void RotatePartBack(
        bool neighbours, float* x, int rows, int heads, int width, int pairs, float* cosines, float* sines) =>
        TurnPart(neighbours, x, rows, heads, width, pairs, cosines, sines, -1);

    /// <summary>The inverse of <see cref="RotateHalves"/>, and so the gradient of it: the same rotation with the sines negated.</summary>
    /// <inheritdoc cref="RotateHalves"/>
    public static void RotateHalvesBack(float* x, int rows, int heads, int pairs, float* cosines, float* sines) =>
        TurnHalves(x, rows, heads, 2 * pairs, pairs, cosines, sines, -1);

    /// <summary>Rotates the pairs (2i, 2i + 1) of every head: the layout of torchscale.</summary>
    /// <param name="x"><c>[rows × heads × 2·pairs]</c>.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="heads">The number of heads.</param>
    /// <param name="pairs">Pairs per head.</param>
    /// <param name="cosines"><c>[rows × pairs]</c>.</param>
    /// <param name="sines"><c>[rows × pairs]</c>.</param>
    public static void RotateInterleaved(float* x, int rows, int heads, int pairs, float* cosines, float* sines) =>
        TurnInterleaved(x, rows, heads, 2 * pairs, pairs, cosines, sines, 1);

    /// <summary>The inverse of <see cref="RotateInterleaved"/>, and so the gradient of it: the same rotation with the sines
    /// negated.</summary>
    /// <inheritdoc cref="RotateInterleaved"/>
    public static void RotateInterleavedBack(float* x, int rows, int heads, int pairs, float* cosines, float* sines) =>
        TurnInterleaved(x, rows, heads, 2 * pairs, pairs, cosines, sines, -1);

    private static void TurnPart(
        bool neighbours, float* x, int rows, int heads, int width, int pairs, float* cosines, float* sines, float direction)
    {
        if (neighbours)
            TurnInterleaved(x, rows, heads, width, pairs, cosines, sines, direction);
        else
            TurnHalves(x, rows, heads, width, pairs, cosines, sines, direction);
    }

    // Vectors and the rest round alike: no product is fused with a sum.
    private static void TurnHalves(
        float* x, int rows, int heads, int width, int pairs, float* cosines, float* sines, float direction)
    {
        for (int row = 0; row < rows; row++, cosines += pairs, sines += pairs)
        {
            for (int head = 0; head < heads; head++, x += width)
            {
                int i = 0;
                for (; i + Vector<float>.Count <= pairs; i += Vector<float>.Count)
                {
                    Vector<float> a = Vector.Load(x + i), b = Vector.Load(x + i + pairs);
                    Vector<float> cosine = Vector.Load(cosines + i), sine = direction * Vector.Load(sines + i);
                    Vector.Store((a * cosine) - (b * sine), x + i);
                    Vector.Store((b * cosine) + (a * sine), x + i + pairs);
                }

                for (; i < pairs; i++)
                {
                    float a = x[i], b = x[i + pairs], sine = direction * sines[i];
                    x[i] = (a * cosines[i]) - (b * sine);
                    x[i + pairs] = (b * cosines[i]) + (a * sine);
                }
            }
        }
    }

    private static void TurnInterleaved(
        float* x, int rows, int heads, int width, int pairs, float* cosines, float* sines, float direction)
    {
        for (int row = 0; row < rows; row++, cosines += pairs, sines += pairs)
        {
            for (int head = 0; head < heads; head++, x += width)
            {
                for (int i = 0; i < pairs; i++)
                {
                    float a = x[2 * i], b = x[(2 * i) + 1], sine = direction * sines[i];
                    x[2 * i] = (a * cosines[i]) - (b * sine);
                    x[(2 * i) + 1] = (b * cosines[i]) + (a * sine);
                }
            }
        }
    }
}
