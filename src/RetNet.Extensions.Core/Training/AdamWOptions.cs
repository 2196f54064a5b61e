using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Training;

/// <summary>Settings of <c>AdamW</c>. The defaults are those of the RetNet paper's experiments.</summary>
[Experimental("RETNET001")]
public sealed record AdamWOptions
{
    /// <summary>Decay of the running mean of gradients, in [0, 1). Default 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the running mean of squared gradients, in [0, 1). Default 0.98.</summary>
    public double Beta2 { get; init; } = 0.98;

    /// <summary>Added to the root of the mean squared gradient. Default 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay: a step multiplies the values by 1 − learning rate · this. Default 0.05.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>Whether only matrices decay, not norms, biases and other vectors. Default false, as in the reference implementation's
    /// optimiser.</summary>
    public bool DecayMatricesOnly { get; init; }

    /// <summary>Whether a parameter decays.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <returns>True if it does.</returns>
    public bool Decays(Parameter parameter) => !DecayMatricesOnly || parameter.Shape.Length > 1;

    internal void Check()
    {
        Require(Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "at least 0 and below 1");
        Require(Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "at least 0 and below 1");
        Require(Epsilon > 0 && double.IsFinite(Epsilon), nameof(Epsilon), Epsilon, "above 0");
        Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), nameof(WeightDecay), WeightDecay, "at least 0");
    }

    private static void Require(bool condition, string option, double value, string expected)
    {
        if (!condition)
            throw new ArgumentException($"{option} is {value}; expected a number {expected}.");
    }
}
