using System.Numerics.Tensors;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Training.Optimizer;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The memory of a model's parameters on the CPU: values and gradients, one tensor after the other in the order of
/// declaration.</summary>
/// <remarks>Tensors that are declared one after the other with the same number of columns are therefore one matrix, too, and one product
/// serves them all.</remarks>
internal sealed unsafe class ParameterStore : ParameterMemory, IDisposable
{
    private const int SumLength = 4096;

    private NativeBuffer<float>? _values;

    // From the first use on: a model that is only measured, or goes to a device, has none here.
    private NativeBuffer<float>? _gradients;
    private bool _disposed;
    private readonly Dictionary<string, Parameter> _byName = [];

    /// <summary>Reserves the memory; all values are 0.</summary>
    /// <exception cref="NotSupportedException">A tensor has more than <see cref="int.MaxValue"/> values, which spans cannot
    /// hold.</exception>
    public ParameterStore(IReadOnlyList<WeightDeclaration> declarations)
    {
        if (declarations.FirstOrDefault(declaration => declaration.Length > int.MaxValue) is { } large)
        {
            throw new NotSupportedException($"Tensor '{large.Name}' would have {large.Length} values; at most {int.MaxValue} can be "
                + "trained.");
        }

        Declarations = declarations;
        Length = declarations.Sum(declaration => declaration.Length);
        _values = new NativeBuffer<float>(Length);
        List<Parameter> parameters = [];
        long offset = 0;
        foreach (WeightDeclaration declaration in declarations)
        {
            Parameter parameter = new(declaration.Name, declaration.Shape, this, offset);
            parameters.Add(parameter);
            _byName.Add(declaration.Name, parameter);
            offset += declaration.Length;
        }

        Parameters = parameters;
    }

    public IReadOnlyList<WeightDeclaration> Declarations { get; }

    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The number of values of all parameters.</summary>
    public long Length { get; }

    public Parameter this[WeightDeclaration declaration] => _byName[declaration.Name];

    /// <summary>Draws all values.</summary>
    public void Initialize(int seed)
    {
        // The algorithm of a seeded Random is fixed, so a seed gives the same weights everywhere. Random takes a seed without its sign;
        // without the bit of the sign, a negative seed is another than the positive one.
        Random random = new(seed & int.MaxValue);
        for (int i = 0; i < Parameters.Count; i++)
            Declarations[i].Initialization.Fill(Parameters[i].Values, random);
    }

    /// <summary>Copies all values from a checkpoint.</summary>
    /// <param name="weights">The checkpoint's tensors.</param>
    public void Load(CheckpointWeights weights)
    {
        for (int i = 0; i < Parameters.Count; i++)
            weights[Declarations[i]].CopyTo(Parameters[i].Values);
    }

    public void ClearGradients()
    {
        foreach (Parameter parameter in Parameters)
            parameter.Gradient.Clear();
    }

    internal override NativeBuffer<float> TakeValues(IReadOnlyList<Parameter> parameters)
    {
        NativeBuffer<float> taken = _values!;
        _values = null;
        return taken;
    }

    public override ReadOnlySpan<float> HostValues(ParameterRange range) => Values(range);

    public override void ReadValues(ParameterRange range, Span<float> target) => Values(range).CopyTo(target);

    public override void WriteValues(ParameterRange range, ReadOnlySpan<float> source) => source.CopyTo(Values(range));

    public override void ReadGradients(ParameterRange range, Span<float> target) =>
        new Span<float>(GradientPointer(range), target.Length).CopyTo(target);

    public override double AddGradientSquares(IReadOnlyList<Parameter> parameters, double sum)
    {
        foreach (Parameter parameter in parameters)
        {
            ReadOnlySpan<float> gradient = parameter.Gradient;
            for (int i = 0; i < gradient.Length; i += SumLength)
                sum += TensorPrimitives.SumOfSquares(gradient.Slice(i, Math.Min(SumLength, gradient.Length - i)));
        }

        return sum;
    }

    public override AdamWMoments CreateMoments(IReadOnlyList<Parameter> parameters, TrainingOptions options) =>
        new ManagedAdamWMoments(parameters, options);

    public override float* ValuePointer(ParameterRange range) => Pointer(_values, range);

    public override float* GradientPointer(ParameterRange range)
    {
        if (_gradients is null && !_disposed)
            CreateGradients();
        return Pointer(_gradients, range);
    }

    public void Dispose()
    {
        _disposed = true;
        _values?.Dispose();
        _gradients?.Dispose();
    }

    // Threads of a backward pass may ask at the same time.
    private void CreateGradients()
    {
        lock (_byName)
            _gradients ??= new NativeBuffer<float>(Length);
    }

    private Span<float> Values(ParameterRange range) => new(ValuePointer(range), checked((int)range.Length));

    private static float* Pointer(NativeBuffer<float>? buffer, ParameterRange range)
    {
        float* first = buffer is null ? null : buffer.Pointer;
        ObjectDisposedException.ThrowIf(first is null, typeof(Parameter));
        return first + range.Offset;
    }
}
