namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>How a model stretches its rotary embedding beyond the length it was first trained for.</summary>
internal abstract record RotaryScaling
{
    private protected RotaryScaling()
    {
    }

    /// <summary>Factor of the cosines and sines.</summary>
    public virtual float AttentionFactor => 1;

    /// <summary>The number of tokens beyond which the frequencies are others; null where they do not depend on the length.</summary>
    public virtual int? LengthOfSwitch => null;

    /// <summary>Whether a sequence that grows beyond the switch is to be read again with the frequencies of longer ones.</summary>
    public virtual bool IsReadAgain => false;

    /// <summary>A number of the frequencies of an input by the length of its sequence: equal numbers, equal frequencies.</summary>
    public virtual long FrequenciesAt(long length) => 0;

    /// <summary>The angle per position of a pair.</summary>
    public abstract float Frequency(RotaryPair pair);
}

/// <summary>A pair of a head's values that is rotated.</summary>
/// <param name="Index">The pair, from 0.</param>
/// <param name="Width">Rotated values of a head, two for each pair.</param>
/// <param name="Theta">The base.</param>
/// <param name="Length">Tokens of the sequence.</param>
/// <remarks>Computed in float32 like the reference (transformers' rope utilities), whose rounding shows at large positions.</remarks>
internal readonly record struct RotaryPair(int Index, int Width, double Theta, long Length)
{
    /// <summary>θ^(2i / width), positions per radian.</summary>
    public float Period => (float)Math.Pow(Theta, 2.0 * Index / Width);

    /// <summary>θ^(−2i / width), radians per position.</summary>
    public float Frequency => 1f / Period;
}
