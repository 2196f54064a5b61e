namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>The rotary angle per position of each pair of a head's values, scaled as its scaling says.</summary>
/// <remarks>Computed in float32 like the reference (transformers' rope utilities), whose rounding shows at large positions.</remarks>
internal static class RotaryFrequencies
{
    /// <param name="theta">The base.</param>
    /// <param name="width">Values of a head that are rotated, two for each frequency.</param>
    /// <param name="scaling">How the frequencies are scaled; null for not at all.</param>
    /// <returns><c>[width / 2]</c>, in radians.</returns>
    public static float[] Compute(double theta, int width, RotaryScaling? scaling)
    {
        float[] frequencies = new float[width / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            float frequency = 1f / (float)Math.Pow(theta, 2.0 * i / width);
            frequencies[i] = scaling switch
            {
                null => frequency,
                LinearRotaryScaling linear => (float)(frequency / linear.Factor),
                Llama3RotaryScaling llama3 => Scale(frequency, llama3),
                DividedRotaryScaling divided => frequency / divided.Divisors[i],
                { } other => throw new NotSupportedException($"Rotary scaling {other} is not known."),
            };
        }

        return frequencies;
    }

    // Long waves are divided by the factor, short ones stay, those between are interpolated.
    private static float Scale(float frequency, Llama3RotaryScaling scaling)
    {
        double wavelength = 2 * Math.PI / frequency;
        double context = scaling.OriginalContextLength;
        if (wavelength > context / scaling.LowFrequencyFactor)
            return (float)(frequency / scaling.Factor);
        if (wavelength < context / scaling.HighFrequencyFactor)
            return frequency;
        double smooth = ((context / wavelength) - scaling.LowFrequencyFactor) / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
        return (float)(((1 - smooth) * frequency / scaling.Factor) + (smooth * frequency));
    }
}
