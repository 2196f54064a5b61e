namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>Dynamic NTK scaling (rope_type dynamic): the base grows with sequences that are longer than the context length.</summary>
/// <param name="Factor">How fast it grows, at least 1.</param>
/// <param name="ContextLength">The longest sequence with the configuration's base, in tokens.</param>
internal sealed record DynamicRotaryScaling(double Factor, int ContextLength) : RotaryScaling
{
    /// <inheritdoc/>
    public override int? LengthOfSwitch => ContextLength;

    /// <inheritdoc/>
    public override long FrequenciesAt(long length) => length > ContextLength ? length : 0;

    /// <inheritdoc/>
    public override float Frequency(RotaryPair pair) => (pair with { Theta = pair.Theta * Growth(pair) }).Frequency;

    private double Growth(RotaryPair pair)
    {
        if (pair.Length <= ContextLength || pair.Width <= 2)
            return 1;
        return Math.Pow((Factor * pair.Length / ContextLength) - (Factor - 1), pair.Width / (pair.Width - 2.0));
    }
}
