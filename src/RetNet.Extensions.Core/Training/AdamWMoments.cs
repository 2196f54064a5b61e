namespace RetNet.Extensions.Core.Training;

/// <summary>The running means m and v that AdamW keeps of parameters, on their device.</summary>
internal abstract class AdamWMoments : IDisposable
{
    /// <summary>The number of values of each mean.</summary>
    public abstract long Length { get; }

    /// <summary>Moves the parameters against their gradients, as <see cref="AdamW.Step"/> says.</summary>
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

    public abstract void Dispose();
}
