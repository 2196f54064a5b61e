using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Training;

/// <summary>One trainable tensor: its values and the gradient that backward passes add to.</summary>
/// <remarks>The memory belongs to the model (or head) that the parameter is part of, and lies on the model's device.</remarks>
[Experimental("RETNET001")]
public sealed unsafe class Parameter
{
    private readonly int[] _shape;

    /// <summary>Describes a tensor in a memory.</summary>
    /// <param name="name">The tensor's name in a checkpoint.</param>
    /// <param name="shape">Dimensions, outermost first.</param>
    /// <param name="memory">The memory.</param>
    /// <param name="offset">The place of its first value there.</param>
    public Parameter(string name, ReadOnlySpan<int> shape, ParameterMemory memory, long offset)
    {
        (Name, _shape, Memory) = (name, shape.ToArray(), memory);
        Range = new ParameterRange(offset, _shape.Aggregate(1L, (product, dimension) => product * dimension));
    }

    /// <summary>The tensor's name in a checkpoint.</summary>
    public string Name { get; }

    /// <summary>Dimensions, outermost first.</summary>
    public ReadOnlySpan<int> Shape => _shape;

    /// <summary>The number of values.</summary>
    public long Length => Range.Length;

    /// <summary>The values of a parameter on the CPU, row by row.</summary>
    /// <exception cref="NotSupportedException">The parameter lies on another device; see <see cref="CopyValuesTo"/> and
    /// <see cref="SetValues"/>.</exception>
    /// <exception cref="ObjectDisposedException">The parameter's owner was disposed.</exception>
    public Span<float> Values => new(ValuePointer, checked((int)Length));

    /// <summary>The gradient of a parameter on the CPU, as long as <see cref="Values"/>.</summary>
    /// <exception cref="NotSupportedException">The parameter lies on another device; see <see cref="CopyGradientTo"/>.</exception>
    /// <exception cref="ObjectDisposedException">The parameter's owner was disposed.</exception>
    public Span<float> Gradient => new(GradientPointer, checked((int)Length));

    /// <summary>Where the values and the gradient lie.</summary>
    public ParameterMemory Memory { get; }

    /// <summary>Their place there.</summary>
    public ParameterRange Range { get; }

    /// <summary>The values, of a model on the CPU.</summary>
    internal float* ValuePointer => Memory.ValuePointer(Range);

    /// <summary>The gradient, of a model on the CPU.</summary>
    internal float* GradientPointer => Memory.GradientPointer(Range);

    /// <summary>Copies the values to the host, from any device.</summary>
    /// <param name="target">Receives <see cref="Length"/> values.</param>
    /// <exception cref="ArgumentException">The target has another length.</exception>
    /// <exception cref="ObjectDisposedException">The parameter's owner was disposed.</exception>
    public void CopyValuesTo(Span<float> target)
    {
        RequireLength(target.Length);
        Memory.ReadValues(Range, target);
    }

    /// <summary>Replaces the values, on any device.</summary>
    /// <param name="values"><see cref="Length"/> values.</param>
    /// <exception cref="ArgumentException">There are more or fewer values.</exception>
    /// <exception cref="ObjectDisposedException">The parameter's owner was disposed.</exception>
    public void SetValues(ReadOnlySpan<float> values)
    {
        RequireLength(values.Length);
        Memory.WriteValues(Range, values);
    }

    /// <summary>Copies the gradient to the host, from any device.</summary>
    /// <param name="target">Receives <see cref="Length"/> values.</param>
    /// <exception cref="ArgumentException">The target has another length.</exception>
    /// <exception cref="ObjectDisposedException">The parameter's owner was disposed.</exception>
    public void CopyGradientTo(Span<float> target)
    {
        RequireLength(target.Length);
        Memory.ReadGradients(Range, target);
    }

    /// <summary>The parameter as a tensor that can be written.</summary>
    internal TensorSource ToTensor() => new(Name, Shape, () => Memory.HostValues(Range),
        (first, length) => Memory.HostValues(new ParameterRange(Range.Offset + first, length)));

    /// <summary>The parameter as a tensor of a checkpoint.</summary>
    /// <param name="values">What <see cref="ParameterMemory.TakeValues"/> gave.</param>
    internal TensorView ToTensorView(ITensorStore values) =>
        new(values, Name, TensorType.Float32, Array.ConvertAll(_shape, dimension => (long)dimension), sizeof(float) * Range.Offset,
            sizeof(float) * Length);

    private void RequireLength(int length)
    {
        if (length != Length)
            throw new ArgumentException($"Parameter '{Name}' has {Length} values; there are {length}.");
    }
}
