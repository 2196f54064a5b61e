namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>YaRN (arXiv 2309.00071, rope_type yarn): fast pairs stay, slow ones are divided by the factor, those between are
/// blended.</summary>
/// <param name="Factor">Divisor of the slow frequencies, at least 1.</param>
/// <param name="OriginalContextLength">Context length before the stretching, in tokens.</param>
/// <param name="Fast">Pairs that turn at least so often in the original length stay as they are.</param>
/// <param name="Slow">Pairs that turn at most so often in the original length are divided.</param>
/// <param name="Truncates">Whether the blended pairs begin and end at whole numbers.</param>
/// <param name="Attention">Factor of the cosines and sines.</param>
internal sealed record YarnRotaryScaling(
    double Factor, int OriginalContextLength, double Fast, double Slow, bool Truncates, double Attention) : RotaryScaling
{
    /// <inheritdoc/>
    public override float AttentionFactor => (float)Attention;

    /// <inheritdoc/>
    public override float Frequency(RotaryPair pair)
    {
        (double first, double last) = Ramp(pair);
        float divided = Math.Clamp((float)((pair.Index - first) / (last - first)), 0, 1);
        float stays = 1 - divided;
        return (1 / (float)(Factor * pair.Period) * (1 - stays)) + (pair.Frequency * stays);
    }

    /// <summary>0.1 m ln(factor) + 1, or 1 for a factor up to 1 (section 3.4).</summary>
    public static double Scale(double factor, double m = 1) => factor <= 1 ? 1 : (0.1 * m * Math.Log(factor)) + 1;

    /// <summary>The pairs between which frequencies are blended.</summary>
    private (double First, double Last) Ramp(RotaryPair pair)
    {
        double first = PairThatTurns(Fast), last = PairThatTurns(Slow);
        if (Truncates)
            (first, last) = (Math.Floor(first), Math.Ceiling(last));
        (first, last) = (Math.Max(first, 0), Math.Min(last, pair.Width - 1));
        return (first, last == first ? last + 0.001 : last);

        double PairThatTurns(double times) =>
            pair.Width * Math.Log(OriginalContextLength / (times * 2 * Math.PI)) / (2 * Math.Log(pair.Theta));
    }
}
