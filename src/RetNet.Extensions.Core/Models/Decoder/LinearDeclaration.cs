using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>A linear layer, <c>y = x Wᵀ (+ b)</c>. Where W consists of several weights with the same columns, they lie one above the other
/// in training and on devices, so that one product serves them all.</summary>
[Experimental("RETNET001")]
public sealed class LinearDeclaration
{
    /// <param name="weights">The parts of W, from the top down; a part that is null does not exist.</param>
    /// <param name="biases">The parts of b in the same order; null, or none, for a layer without bias.</param>
    internal LinearDeclaration(WeightDeclaration?[] weights, params WeightDeclaration?[] biases) =>
        (Weights, Biases) = ([.. weights.OfType<WeightDeclaration>()], [.. biases.OfType<WeightDeclaration>()]);

    /// <summary>The parts of W, from the top down, each <c>[… × inputs]</c>.</summary>
    public WeightDeclaration[] Weights { get; }

    /// <summary>The parts of b in the same order; none for a layer without bias.</summary>
    public WeightDeclaration[] Biases { get; }

    /// <summary>Rows of W: values of y.</summary>
    public int Outputs => Weights.Sum(weight => weight.Shape[0]);

    /// <summary>Columns of W: values of x.</summary>
    public int Inputs => Weights[0].Shape[1];

    /// <summary>All weights, then all biases.</summary>
    public IEnumerable<WeightDeclaration> All => Weights.Concat(Biases);
}
