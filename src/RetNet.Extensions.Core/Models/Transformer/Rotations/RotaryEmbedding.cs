namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>One rotary embedding of a model. Its frequencies may depend on the length of the sequence.</summary>
/// <remarks>
/// As in transformers, all tokens of an input are rotated with the frequencies for the sequence's length at the input's end, and keys that
/// were rotated before keep theirs. Where a sequence grows beyond the length of the switch token by token, its older keys therefore have
/// other frequencies than the newer ones, unless the caller reads it again, see <see cref="RotaryScaling.IsReadAgain"/>.
/// </remarks>
internal sealed class RotaryEmbedding
{
    private readonly double _theta;
    private readonly RotaryScaling? _scaling;
    private readonly float[] _frequencies;

    /// <summary>Computes the frequencies of short sequences.</summary>
    /// <param name="theta">The base.</param>
    /// <param name="width">Rotated values of a head.</param>
    /// <param name="scaling">How the frequencies are scaled; null for not at all.</param>
    public RotaryEmbedding(double theta, int width, RotaryScaling? scaling)
    {
        (_theta, _scaling) = (theta, scaling);
        _frequencies = new float[width / 2];
        RotaryFrequencies.Fill(theta, scaling, 0, _frequencies);
    }

    /// <summary>Factor of the cosines and sines.</summary>
    public float Factor => _scaling?.AttentionFactor ?? 1;

    /// <summary>Radians per position of each pair.</summary>
    /// <param name="length">Tokens of the sequence.</param>
    /// <param name="scratch">Memory for as many frequencies as there are pairs.</param>
    /// <returns>The frequencies, in that memory or in memory of this object.</returns>
    public ReadOnlySpan<float> Frequencies(long length, Span<float> scratch)
    {
        if (_scaling?.LengthOfSwitch is not { } last || length <= last)
            return _frequencies;
        RotaryFrequencies.Fill(_theta, _scaling, length, scratch);
        return scratch[.._frequencies.Length];
    }
}
