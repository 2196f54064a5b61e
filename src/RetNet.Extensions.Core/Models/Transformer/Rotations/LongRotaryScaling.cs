namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>LongRoPE (arXiv 2402.13753, rope_type longrope): the period of each pair is multiplied by a number of its own, one for
/// sequences up to the original length and another for longer ones.</summary>
/// <param name="ShortFactors">As many as a head has rotary pairs, each greater than 0. Equality compares the lists by reference.</param>
/// <param name="LongFactors">As many as a head has rotary pairs, each greater than 0.</param>
/// <param name="OriginalContextLength">The longest sequence with the short factors, in tokens.</param>
/// <param name="Attention">Factor of the cosines and sines.</param>
internal sealed record LongRotaryScaling(
    IReadOnlyList<float> ShortFactors, IReadOnlyList<float> LongFactors, int OriginalContextLength, double Attention) : RotaryScaling
{
    /// <inheritdoc/>
    public override float AttentionFactor => (float)Attention;

    /// <inheritdoc/>
    public override int? LengthOfSwitch => OriginalContextLength;

    /// <inheritdoc/>
    public override bool IsReadAgain => true;

    /// <inheritdoc/>
    public override long FrequenciesAt(long length) => length > OriginalContextLength ? 1 : 0;

    /// <inheritdoc/>
    public override float Frequency(RotaryPair pair) =>
        1 / ((FrequenciesAt(pair.Length) == 0 ? ShortFactors : LongFactors)[pair.Index] * pair.Period);

    /// <summary>√(1 + ln(factor) / ln(original length)), or 1 for a factor up to 1: the attention's factor where none is given.</summary>
    public static double DefaultAttention(double factor, int originalContextLength) =>
        factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(originalContextLength)));
}
