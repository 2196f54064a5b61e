using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Models.Experts;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>A sparse mixture of experts (arXiv 2401.04088, section 2.1): a router scores E gated networks, and each token passes the few
/// with the highest scores; one more may serve all tokens. Model width d, inner width f of an expert.</summary>
[Experimental("RETNET001")]
public sealed class ExpertsLayout : FeedForwardLayout
{
    /// <summary>W_r, <c>[E × d]</c>, with its bias, <c>[E]</c>, if it has one.</summary>
    public required LinearDeclaration Router { get; init; }

    /// <summary>What is added to the scores where experts are chosen, <c>[E]</c> or <c>[1 × E]</c>; null for none. It is not
    /// trained: one of <see cref="WeightLayout.Buffers"/>.</summary>
    public WeightDeclaration? SelectionBias { get; init; }

    /// <summary>The experts.</summary>
    public required IReadOnlyList<GatedLayout> Experts { get; init; }

    /// <summary>The expert that every token passes; null for none.</summary>
    public GatedLayout? Shared { get; init; }

    /// <summary>The gate of that expert, <c>[1 × d]</c>; null for none.</summary>
    public WeightDeclaration? SharedGate { get; init; }

    /// <summary>How experts are chosen.</summary>
    public required ExpertOptions Options { get; init; }

    /// <inheritdoc/>
    /// <remarks>First the branches of all experts, then all projections back: each kind lies together, as the files that hold all experts
    /// in one tensor have it.</remarks>
    public override IEnumerable<WeightDeclaration> Weights =>
    [
        .. Router.All,
        .. Experts.SelectMany(expert => expert.GateUp.Weights), .. Experts.SelectMany(expert => expert.GateUp.Biases),
        .. Experts.SelectMany(expert => expert.Output.Weights), .. Experts.SelectMany(expert => expert.Output.Biases),
        .. Shared?.Weights ?? [], .. new[] { SharedGate }.OfType<WeightDeclaration>(),
    ];

    /// <inheritdoc/>
    internal override IEnumerable<WeightDeclaration> Outputs => Experts.Append(Shared).SelectMany(expert => expert?.Outputs ?? []);

    /// <inheritdoc/>
    internal override int Width => Math.Max(Options.Width, Options.SharedWidth);
}
