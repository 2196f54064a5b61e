namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>The rotary angle per position of each pair of a head's values, scaled as its scaling says.</summary>
internal static class RotaryFrequencies
{
    /// <param name="theta">The base.</param>
    /// <param name="scaling">How the frequencies are scaled; null for not at all.</param>
    /// <param name="length">Tokens of the sequence, on which the frequencies of some scalings depend.</param>
    /// <param name="frequencies">Receives radians per position, one for each pair.</param>
    public static void Fill(double theta, RotaryScaling? scaling, long length, Span<float> frequencies)
    {
        for (int i = 0; i < frequencies.Length; i++)
        {
            RotaryPair pair = new(i, 2 * frequencies.Length, theta, length);
            frequencies[i] = scaling?.Frequency(pair) ?? pair.Frequency;
        }
    }
}
