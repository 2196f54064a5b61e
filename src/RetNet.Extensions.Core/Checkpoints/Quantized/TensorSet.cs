using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>The tensors of a quantised checkpoint while its matrices are put together.</summary>
/// <param name="checkpoint">The checkpoint.</param>
/// <param name="type">The type that the model is computed in.</param>
internal sealed class TensorSet(Checkpoint checkpoint, TensorType type)
{
    private readonly Dictionary<string, TensorView> _tensors = new(checkpoint.Tensors);

    public TensorType Type => type;

    /// <summary>What was read last: matrices whose rows lie across are decoded whole.</summary>
    public DecodedCache Cache { get; } = new();

    /// <summary>The tensors, with those that were put together in place of their parts.</summary>
    public IReadOnlyDictionary<string, TensorView> Result => _tensors;

    /// <summary>What comes before an ending of names.</summary>
    public IReadOnlyList<string> Before(string ending) =>
        [.. _tensors.Keys.Where(name => name.EndsWith(ending, StringComparison.Ordinal)).Select(name => name[..^ending.Length])];

    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>Takes a tensor that is a part of a matrix out of the set; null where there is none.</summary>
    public TensorView? Take(string name) => _tensors.Remove(name, out TensorView? tensor) ? tensor : null;

    /// <summary>Takes a tensor that must be there.</summary>
    public TensorView Require(string name, string of) => Take(name)
        ?? throw CheckpointException.ForTensor(checkpoint.WeightsFile, name, "no such tensor", $"a part of {of}");

    /// <summary>Takes a tensor that must be there and have a type and a shape.</summary>
    public TensorView Require(string name, string of, ReadOnlySpan<TensorType> types, params ReadOnlySpan<long> shape) =>
        Check(Require(name, of), types, shape);

    /// <summary>Requires a type and a shape.</summary>
    public static TensorView Check(TensorView tensor, ReadOnlySpan<TensorType> types, params ReadOnlySpan<long> shape)
    {
        if (!types.Contains(tensor.Type))
            throw tensor.RefusedType(string.Join(" or ", types.ToArray()));
        return tensor.Shape.SequenceEqual(shape)
            ? tensor
            : throw CheckpointException.ForTensor(tensor.File, tensor.Name, $"shape {tensor.DescribeShape()}",
                TensorView.DescribeShape(shape));
    }

    /// <summary>Removes tensors that only concern activations or caches.</summary>
    public void Drop(params ReadOnlySpan<string> endings)
    {
        foreach (string ending in endings)
        {
            foreach (string name in Before(ending))
                _tensors.Remove(name + ending);
        }
    }

    /// <summary>Adds a matrix that was put together.</summary>
    public void Add(TensorView matrix)
    {
        if (!_tensors.TryAdd(matrix.Name, matrix))
            throw CheckpointException.ForTensor(matrix.File, matrix.Name, "a plain and a quantised tensor of that name", "one");
    }
}
