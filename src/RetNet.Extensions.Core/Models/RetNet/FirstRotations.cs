using RetNet.Extensions.Core.Kernels.Functions;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>Cosines and sines of the first positions, computed once: short texts have no others, and take longer to compute them than to
/// copy them.</summary>
/// <param name="frequencies">The angle per position of each pair.</param>
internal sealed unsafe class FirstRotations(float[] frequencies)
{
    private const int Positions = 256;

    private readonly Lazy<(float[] Cosines, float[] Sines)> _table = new(() => Compute(frequencies));

    /// <summary>The same as <see cref="Rotary.FillTable"/>, bit for bit.</summary>
    /// <param name="firstPosition">The first row's position.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="cosines"><c>[rows × pairs]</c>.</param>
    /// <param name="sines"><c>[rows × pairs]</c>.</param>
    public void Fill(long firstPosition, int rows, float* cosines, float* sines)
    {
        if (firstPosition + rows > Positions)
        {
            Rotary.FillTable(frequencies, firstPosition, rows, cosines, sines);
            return;
        }

        int first = (int)firstPosition * frequencies.Length, length = rows * frequencies.Length;
        (float[] allCosines, float[] allSines) = _table.Value;
        allCosines.AsSpan(first, length).CopyTo(new Span<float>(cosines, length));
        allSines.AsSpan(first, length).CopyTo(new Span<float>(sines, length));
    }

    private static (float[] Cosines, float[] Sines) Compute(float[] frequencies)
    {
        float[] cosines = new float[Positions * frequencies.Length], sines = new float[cosines.Length];
        fixed (float* c = cosines, s = sines)
            Rotary.FillTable(frequencies, 0, Positions, c, s);
        return (cosines, sines);
    }
}
