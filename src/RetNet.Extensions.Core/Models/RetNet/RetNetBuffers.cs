using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>Decays and rotary frequencies.</summary>
/// <param name="LogDecay">ln γ of each head, <c>[H]</c>.</param>
/// <param name="Frequencies">The angle per position of each pair, <c>[dk/2]</c>.</param>
[Experimental("RETNET001")]
public sealed record RetNetBuffers(float[] LogDecay, float[] Frequencies)
{
    /// <summary>The values of the formulas.</summary>
    /// <param name="c">The configuration.</param>
    /// <returns>The buffers.</returns>
    internal static RetNetBuffers Compute(RetNetConfiguration c) =>
        new(RetentionDecay.Logarithms(c.Heads), RetentionFrequencies.Compute(c));

    /// <summary>A torchscale model's own where it has them, since the paper's runs use other decays; otherwise those of the
    /// formulas.</summary>
    /// <param name="c">The configuration.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="find">The values of a buffer; null where they are to be computed.</param>
    /// <returns>The buffers.</returns>
    public static RetNetBuffers Read(RetNetConfiguration c, RetNetLayout layout, Func<WeightDeclaration, float[]?> find)
    {
        ArgumentNullException.ThrowIfNull(c);
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(find);
        RetNetBuffers computed = Compute(c);
        if (layout.Buffers.Count == 0)
            return computed;
        float[]? twice = find(layout.Angle);
        return new RetNetBuffers(
            find(layout.Decay) ?? computed.LogDecay, twice is null ? computed.Frequencies : [.. twice.Where((_, i) => i % 2 == 0)]);
    }
}
