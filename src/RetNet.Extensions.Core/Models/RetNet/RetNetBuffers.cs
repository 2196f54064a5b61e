using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>Decays and rotary frequencies.</summary>
/// <param name="LogDecay">ln γ of each head, <c>[H]</c>.</param>
/// <param name="Frequencies">The angle per position of each pair, <c>[dk/2]</c>.</param>
internal sealed record RetNetBuffers(float[] LogDecay, float[] Frequencies)
{
    /// <summary>Those of the formulas.</summary>
    public static RetNetBuffers Compute(RetNetConfiguration c) =>
        new(RetentionDecay.Logarithms(c.Heads), RetentionFrequencies.Compute(c));

    /// <summary>A torchscale checkpoint's own where it has them, since the paper's runs use other decays; otherwise those of the
    /// formulas.</summary>
    public static RetNetBuffers Read(RetNetConfiguration c, RetNetLayout layout, CheckpointWeights weights)
    {
        RetNetBuffers computed = Compute(c);
        if (c.Dialect == RetNetDialect.Fla)
            return computed;
        float[]? twice = weights.Buffer(layout.Angle);
        return new RetNetBuffers(weights.Buffer(layout.Decay) ?? computed.LogDecay,
            twice is null ? computed.Frequencies : [.. twice.Where((_, i) => i % 2 == 0)]);
    }
}
