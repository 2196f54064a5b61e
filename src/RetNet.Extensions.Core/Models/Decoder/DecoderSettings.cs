namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>How a decoder puts its halves of blocks and its head together. What is not given is Llama's.</summary>
/// <param name="NormEpsilon">ε of the RMS norms.</param>
internal sealed record DecoderSettings(float NormEpsilon)
{
    /// <summary>Where the halves of a block normalise.</summary>
    public NormPlacement Norms { get; init; }

    /// <summary>Factor of what each half of a block adds.</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>Factor of the logits.</summary>
    public float LogitScale { get; init; } = 1;

    /// <summary>Bounds the logits to cap · tanh(x / cap); null for none.</summary>
    public float? LogitSoftCap { get; init; }

    /// <summary>Whether the logits are those of the head itself.</summary>
    public bool HasPlainLogits => LogitScale == 1 && LogitSoftCap is null;
}
