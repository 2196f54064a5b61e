using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>A gated feed-forward network, <c>W_down ( act(W_gate n) ⊙ W_up n )</c> (GLU Variants Improve Transformer, arXiv 2002.05202).
/// Model width d, inner width f.</summary>
[Experimental("RETNET001")]
public sealed class GatedLayout : FeedForwardLayout
{
    /// <summary>W_gate and W_up where they are one tensor, <c>[2f × d]</c>; null where each has its own.</summary>
    public WeightDeclaration? MergedBranches { get; init; }

    /// <summary>The activated branch, <c>[f × d]</c>.</summary>
    public required WeightDeclaration Gate { get; init; }

    /// <summary>The linear branch, <c>[f × d]</c>.</summary>
    public required WeightDeclaration Up { get; init; }

    /// <summary>Back to the model width, <c>[d × f]</c>.</summary>
    public required WeightDeclaration Down { get; init; }

    /// <summary><c>[f]</c>; null for none, as the other two.</summary>
    public WeightDeclaration? GateBias { get; init; }

    /// <summary><c>[f]</c>.</summary>
    public WeightDeclaration? UpBias { get; init; }

    /// <summary><c>[d]</c>.</summary>
    public WeightDeclaration? DownBias { get; init; }

    /// <summary>Both branches, <c>[2f × d]</c>.</summary>
    public LinearDeclaration GateUp => MergedBranches is null ? new([Gate, Up], GateBias, UpBias) : new([MergedBranches]);

    /// <summary>From the inner layer to the model width.</summary>
    public LinearDeclaration Output => new([Down], DownBias);

    /// <inheritdoc/>
    public override IEnumerable<WeightDeclaration> Weights => GateUp.All.Concat(Output.All);

    /// <inheritdoc/>
    internal override IEnumerable<WeightDeclaration> Outputs => Output.All;

    /// <inheritdoc/>
    internal override int Width => Gate.Shape[0];
}
