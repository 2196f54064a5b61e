using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The memory of a model's parameters: values and gradients, one tensor after the other in the order of declaration.</summary>
/// <remarks>Tensors that are declared one after the other with the same number of columns are therefore one matrix, too, and one product serves them all.</remarks>
internal sealed class ParameterStore : IDisposable
{
    private readonly NativeBuffer<float> _values;
    private readonly NativeBuffer<float> _gradients;
    private readonly Dictionary<string, Parameter> _byName = [];

    /// <summary>Reserves the memory; all values are 0.</summary>
    /// <exception cref="NotSupportedException">A tensor has more than <see cref="int.MaxValue"/> values, which spans cannot hold.</exception>
    public ParameterStore(IReadOnlyList<ParameterDeclaration> declarations)
    {
        if (declarations.FirstOrDefault(declaration => declaration.Length > int.MaxValue) is { } large)
            throw new NotSupportedException($"Tensor '{large.Name}' would have {large.Length} values; at most {int.MaxValue} can be trained.");
        Declarations = declarations;
        Length = declarations.Sum(declaration => declaration.Length);
        _values = new NativeBuffer<float>(Length);
        _gradients = new NativeBuffer<float>(Length);
        List<Parameter> parameters = [];
        long offset = 0;
        foreach (ParameterDeclaration declaration in declarations)
        {
            Parameter parameter = new(declaration.Name, declaration.Shape, _values, _gradients, offset);
            parameters.Add(parameter);
            _byName.Add(declaration.Name, parameter);
            offset += declaration.Length;
        }

        Parameters = parameters;
    }

    public IReadOnlyList<ParameterDeclaration> Declarations { get; }

    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The number of values of all parameters.</summary>
    public long Length { get; }

    public Parameter this[string name] => _byName[name];

    /// <summary>Draws all values anew.</summary>
    public void Initialize(int seed)
    {
        // A seeded Random keeps its algorithm, so a seed gives the same weights everywhere.
        Random random = new(seed);
        for (int i = 0; i < Parameters.Count; i++)
            Declarations[i].Initialization.Fill(Parameters[i].Values, random);
    }

    /// <summary>Copies all values from a checkpoint.</summary>
    /// <param name="find">The tensor of a name and shape.</param>
    public void Load(Func<ParameterDeclaration, TensorView> find)
    {
        for (int i = 0; i < Parameters.Count; i++)
            find(Declarations[i]).CopyTo(Parameters[i].Values);
    }

    public void ClearGradients()
    {
        foreach (Parameter parameter in Parameters)
            parameter.Gradient.Clear();
    }

    public void Dispose()
    {
        _values.Dispose();
        _gradients.Dispose();
    }
}
