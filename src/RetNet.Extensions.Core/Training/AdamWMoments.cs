using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Training;

/// <summary>The running means m and v that AdamW keeps of parameters, on their device.</summary>
[Experimental("RETNET001")]
public abstract class AdamWMoments : IDisposable
{
    /// <summary>The number of values of each mean.</summary>
    public abstract long Length { get; }

    /// <summary>Updates the parameters, as <c>AdamW.Step</c> says.</summary>
    public abstract void Step(in AdamWStep step);

    /// <summary>Copies a part of a mean to the host.</summary>
    /// <param name="moment">m or v.</param>
    /// <param name="offset">The first value, in the order of the parameters.</param>
    /// <param name="target">Receives the values.</param>
    public abstract void Read(AdamWMoment moment, long offset, Span<float> target);

    /// <summary>Replaces a part of a mean.</summary>
    /// <param name="moment">m or v.</param>
    /// <param name="offset">The first value, in the order of the parameters.</param>
    /// <param name="source">The values.</param>
    public abstract void Write(AdamWMoment moment, long offset, ReadOnlySpan<float> source);

    /// <summary>Releases the memory.</summary>
    public abstract void Dispose();
}

/// <summary>One of the running means of AdamW.</summary>
[Experimental("RETNET001")]
public enum AdamWMoment
{
    /// <summary>m, of the gradients.</summary>
    Mean,

    /// <summary>v, of their squares.</summary>
    MeanSquare,
}

/// <summary>The numbers of one step of AdamW.</summary>
/// <param name="LearningRate">lr.</param>
/// <param name="GradientScale">Factor of the gradients.</param>
/// <param name="StepSize">lr / (1 − β₁ᵗ).</param>
/// <param name="InverseCorrection2">1 / √(1 − β₂ᵗ).</param>
[Experimental("RETNET001")]
public readonly record struct AdamWStep(
    double LearningRate, float GradientScale, float StepSize, float InverseCorrection2)
{
    /// <summary>The threads of a model on the CPU; null for the calling one.</summary>
    internal WorkerPool? Pool { get; init; }
}
