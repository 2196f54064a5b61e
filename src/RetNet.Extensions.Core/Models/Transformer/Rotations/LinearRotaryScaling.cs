namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>Divides every rotary frequency by one factor (rope_type linear).</summary>
/// <param name="Factor">The divisor, greater than 0.</param>
internal sealed record LinearRotaryScaling(double Factor) : RotaryScaling
{
    /// <inheritdoc/>
    public override float Frequency(RotaryPair pair) => (float)(pair.Frequency / Factor);
}
