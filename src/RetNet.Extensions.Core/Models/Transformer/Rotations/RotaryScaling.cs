namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>How a model stretches its rotary embedding beyond the length it was first trained for.</summary>
internal abstract record RotaryScaling
{
    private protected RotaryScaling()
    {
    }
}
