namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>Divides each rotary frequency by a number of its own: the rope_freqs tensor of a GGUF file, or rope_type longrope with one list
/// for all lengths.</summary>
/// <param name="Divisors">As many as a head has rotary pairs, each greater than 0. Equality compares the list by reference.</param>
internal sealed record DividedRotaryScaling(IReadOnlyList<float> Divisors) : RotaryScaling
{
    /// <inheritdoc/>
    public override float Frequency(RotaryPair pair) => pair.Frequency / Divisors[pair.Index];
}
