using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Training;

/// <summary>Where the parameters of a model or head lie: values and gradients, one tensor after the other, on the CPU or on another
/// device.</summary>
[Experimental("RETNET001")]
public abstract unsafe class ParameterMemory
{
    /// <summary>Values in the host's memory.</summary>
    /// <param name="range">Which of them.</param>
    /// <exception cref="NotSupportedException">They lie on another device.</exception>
    public virtual float* ValuePointer(ParameterRange range) => throw OnDevice();

    /// <summary>Gradients in the host's memory.</summary>
    /// <param name="range">Which of them.</param>
    /// <exception cref="NotSupportedException">They lie on another device.</exception>
    public virtual float* GradientPointer(ParameterRange range) => throw OnDevice();

    /// <summary>Values as the host can read them: the values themselves, or a copy from the device.</summary>
    public virtual ReadOnlySpan<float> HostValues(ParameterRange range)
    {
        float[] values = new float[range.Length];
        ReadValues(range, values);
        return values;
    }

    /// <summary>Gives all values away: on the CPU the memory itself, without a copy, and from a device a copy.</summary>
    /// <param name="parameters">All parameters of this memory.</param>
    /// <returns>The values, one tensor after the other, in the host's memory. The caller owns them, and disposes the owner of the
    /// parameters.</returns>
    internal virtual NativeBuffer<float> TakeValues(IReadOnlyList<Parameter> parameters)
    {
        NativeBuffer<float> values = new(parameters.Sum(parameter => parameter.Length));
        try
        {
            foreach (Parameter parameter in parameters)
                parameter.CopyValuesTo(HostPart(values, parameter.Range));
        }
        catch
        {
            values.Dispose();
            throw;
        }

        return values;
    }

    /// <summary>Copies values to the host.</summary>
    public abstract void ReadValues(ParameterRange range, Span<float> target);

    /// <summary>Replaces values by those of the host.</summary>
    public abstract void WriteValues(ParameterRange range, ReadOnlySpan<float> source);

    /// <summary>Copies gradients to the host.</summary>
    public abstract void ReadGradients(ParameterRange range, Span<float> target);

    /// <summary>Adds the squares of parameters' gradients to a sum.</summary>
    /// <param name="parameters">Parameters of this memory.</param>
    /// <param name="sum">The sum so far.</param>
    /// <returns>The sum with them.</returns>
    public abstract double AddGradientSquares(IReadOnlyList<Parameter> parameters, double sum);

    /// <summary>Creates what AdamW remembers of parameters, on their device.</summary>
    /// <param name="parameters">Parameters of this memory.</param>
    /// <param name="options">Its β₁, β₂, ε and weight decay, which were checked.</param>
    public abstract AdamWMoments CreateMoments(IReadOnlyList<Parameter> parameters, TrainingOptions options);

    private static Span<float> HostPart(NativeBuffer<float> values, ParameterRange range) =>
        new(values.Pointer + range.Offset, checked((int)range.Length));

    private static NotSupportedException OnDevice() =>
        new($"The parameter lies on a device, not in the host's memory; use {nameof(Parameter.CopyValuesTo)}, "
            + $"{nameof(Parameter.CopyGradientTo)} or {nameof(Parameter.SetValues)}.");
}

/// <summary>The place of one tensor among all parameters of a model or head.</summary>
/// <param name="Offset">Its first value.</param>
/// <param name="Length">The number of its values.</param>
[Experimental("RETNET001")]
public readonly record struct ParameterRange(long Offset, long Length);
