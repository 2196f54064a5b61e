namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>Llama 3's scaling by wavelength (rope_type llama3): long waves are divided by the factor, short ones stay, those between are
/// interpolated.</summary>
/// <param name="Factor">Divisor of the frequencies whose wavelength is above OriginalContextLength / LowFrequencyFactor.</param>
/// <param name="LowFrequencyFactor">Sets where full division begins.</param>
/// <param name="HighFrequencyFactor">Frequencies whose wavelength is below OriginalContextLength / HighFrequencyFactor stay as they are;
/// above <paramref name="LowFrequencyFactor"/>.</param>
/// <param name="OriginalContextLength">Context length before the stretching, in tokens.</param>
internal sealed record Llama3RotaryScaling(
    double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalContextLength) : RotaryScaling
{
    /// <inheritdoc/>
    public override float Frequency(RotaryPair pair)
    {
        float frequency = pair.Frequency;
        double wavelength = 2 * Math.PI / frequency;
        double context = OriginalContextLength;
        if (wavelength > context / LowFrequencyFactor)
            return (float)(frequency / Factor);
        if (wavelength < context / HighFrequencyFactor)
            return frequency;
        double smooth = ((context / wavelength) - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        return (float)(((1 - smooth) * frequency / Factor) + (smooth * frequency));
    }
}
