using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Training;

/// <summary>One trainable tensor: its values and the gradient that backward passes add to.</summary>
/// <remarks>The memory belongs to the model (or head) that the parameter is part of.</remarks>
public sealed unsafe class Parameter
{
    private readonly NativeBuffer<float> _values;
    private readonly NativeBuffer<float> _gradients;
    private readonly long _offset;
    private readonly int[] _shape;

    internal Parameter(string name, int[] shape, NativeBuffer<float> values, NativeBuffer<float> gradients, long offset)
    {
        (Name, _shape, _values, _gradients, _offset) = (name, shape, values, gradients, offset);
        Length = shape.Aggregate(1L, (product, dimension) => product * dimension);
    }

    /// <summary>The tensor's name in a checkpoint.</summary>
    public string Name { get; }

    /// <summary>Dimensions, outermost first.</summary>
    public ReadOnlySpan<int> Shape => _shape;

    /// <summary>The number of values.</summary>
    public long Length { get; }

    /// <summary>The values, row by row.</summary>
    /// <exception cref="ObjectDisposedException">The parameter's owner was disposed.</exception>
    public Span<float> Values => new(Pointer(_values), checked((int)Length));

    /// <summary>The gradient, as long as <see cref="Values"/>.</summary>
    /// <exception cref="ObjectDisposedException">The parameter's owner was disposed.</exception>
    public Span<float> Gradient => new(Pointer(_gradients), checked((int)Length));

    /// <summary>The parameter as a tensor to be written.</summary>
    internal TensorSource ToTensor() => new(Name, Shape, () => Values);

    internal float* ValuePointer => Pointer(_values);

    internal float* GradientPointer => Pointer(_gradients);

    private float* Pointer(NativeBuffer<float> buffer)
    {
        ObjectDisposedException.ThrowIf(buffer.Pointer is null, this);
        return buffer.Pointer + _offset;
    }
}
