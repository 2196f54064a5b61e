using System.IO.Enumeration;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Hands out a model's weights by name and checks each one; at the end it checks that every tensor of the checkpoint was
/// read.</summary>
/// <remarks>Not safe for concurrent use.</remarks>
internal sealed class TensorReader
{
    private const int NamedInMessage = 5;
    private const string FirstPart = "model.";
    private const string Weight = ".weight";
    private const string Bias = ".bias";

    private readonly Checkpoint _checkpoint;
    private readonly string _prefix;
    private readonly string _first;
    private readonly HashSet<string> _read = [];

    /// <summary>Creates a reader over all tensors of a checkpoint.</summary>
    /// <param name="checkpoint">The open checkpoint; it must outlive every view that is handed out.</param>
    /// <param name="optionalPrefix">A prefix that the names may have ("decoder."). Where any tensor has it, all are expected to. It may
    /// also stand behind a first part "model.", which checkpoints of a base class leave out.</param>
    public TensorReader(Checkpoint checkpoint, string optionalPrefix = "")
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(optionalPrefix);
        _checkpoint = checkpoint;
        _prefix = AnyStartsWith(optionalPrefix) ? optionalPrefix : "";
        IsBaseClass = !AnyStartsWith(_prefix + FirstPart) && AnyStartsWith(_prefix + "layers.");
        _first = IsBaseClass ? ""
            : _prefix.Length == 0 && AnyStartsWith(FirstPart + optionalPrefix) ? FirstPart + optionalPrefix
            : FirstPart;

        bool AnyStartsWith(string start) => checkpoint.Tensors.Keys.Any(name => name.StartsWith(start, StringComparison.Ordinal));
    }

    /// <summary>Whether the names are those of transformers' base class, without the first part "model.": embedding models are saved
    /// so.</summary>
    public bool IsBaseClass { get; }

    /// <summary>Whole names of tensors of other parts of the checkpoint, which need not be read; * stands for any characters.</summary>
    public string[] OtherParts { get; init; } = [];

    /// <summary>The bytes of the tensors that were read, as they are stored.</summary>
    public long BytesRead => _read.Sum(name => _checkpoint.Tensors[name].ByteLength);

    /// <summary>Whether the checkpoint has a tensor, of whatever shape. Does not count as reading it.</summary>
    /// <param name="name">The name without the prefix.</param>
    /// <returns>True if it has.</returns>
    public bool Contains(string name) => _checkpoint.Tensors.ContainsKey(FullName(name));

    /// <summary>The whole name of a tensor in the checkpoint, which need not have it.</summary>
    /// <param name="name">The name without the prefix.</param>
    public string FullName(string name) => name.StartsWith(FirstPart, StringComparison.Ordinal)
        ? $"{_prefix}{_first}{name.AsSpan(FirstPart.Length)}"
        : _prefix + name;

    /// <summary>Reads a weight matrix.</summary>
    /// <param name="name">The name without the prefix.</param>
    /// <param name="rows">Expected rows.</param>
    /// <param name="columns">Expected columns.</param>
    /// <returns>A view [rows × columns] of a type that weights are read from.</returns>
    /// <exception cref="CheckpointException">There is no such tensor, it has another shape or type, or it is NaN throughout.</exception>
    public TensorView Matrix(string name, long rows, long columns)
    {
        TensorView tensor = Find(name, [rows, columns]);
        RequireNumbers(tensor);
        return tensor;
    }

    /// <summary>Requires that every tensor of the checkpoint was read, so that no weight is silently left out of the model. A bias of zeros
    /// beside a matrix that was read changes nothing and may stay: AutoGPTQ writes one for each matrix.</summary>
    /// <param name="ignorable">Names (without the prefix; * stands for any characters) of tensors that need not be read, such as buffers
    /// that are computed.</param>
    /// <exception cref="CheckpointException">The checkpoint has other tensors.</exception>
    public void RequireAllRead(params ReadOnlySpan<string> ignorable)
    {
        List<string> unexpected = new();
        foreach (string name in _checkpoint.Tensors.Keys)
        {
            if (!_read.Contains(name) && !IsIgnorable(name, ignorable) && !IsBiasOfZeros(name))
                unexpected.Add(name);
        }

        if (unexpected.Count == 0)
            return;
        unexpected.Sort(StringComparer.Ordinal);
        string others = unexpected.Count == 1 ? "" : $" and {unexpected.Count - 1} others like it";
        string names = string.Join(
            ", ", unexpected.Take(NamedInMessage).Select(name => CheckpointException.Quote(_checkpoint.NameInFile(name))));
        string file = _checkpoint.Tensors[unexpected[0]].File;
        throw CheckpointException.ForTensor(
            file, _checkpoint.NameInFile(
                unexpected[0]), $"a tensor that the model does not have{others} ({names})", "only the tensors of the architecture that "
                    + "the configuration names");
    }

    private bool IsIgnorable(string name, ReadOnlySpan<string> ignorable) =>
        (name.StartsWith(_prefix, StringComparison.Ordinal) && Matches(name.AsSpan(_prefix.Length), ignorable))
            || Matches(name, OtherParts);

    private bool IsBiasOfZeros(string name)
    {
        string weight = name.EndsWith(Bias, StringComparison.Ordinal) ? name[..^Bias.Length] + Weight : "";
        if (!_read.Contains(weight))
            return false;
        TensorView bias = _checkpoint.Tensors[name], matrix = _checkpoint.Tensors[weight];
        if (!bias.IsWeight || matrix.Shape.Length != 2 || !bias.Shape.SequenceEqual(matrix.Shape[..1]))
            return false;
        return !bias.ToFloats().AsSpan().ContainsAnyExcept(0f);
    }

    private static bool Matches(ReadOnlySpan<char> name, ReadOnlySpan<string> patterns)
    {
        foreach (string pattern in patterns)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false))
                return true;
        }

        return false;
    }

    /// <summary>As <see cref="Matrix"/> for any shape, but the values are not looked at: see <see cref="RequireNumbers"/>.</summary>
    internal TensorView Find(string name, ReadOnlySpan<long> shape)
    {
        TensorView tensor = FindOfShape(name, shape);
        return tensor.IsWeight
            ? tensor
            : throw CheckpointException.ForTensor(
                tensor.File, _checkpoint.NameInFile(FullName(name)), $"elements of type {tensor.Type}", TensorView.WeightTypes);
    }

    private TensorView FindOfShape(string name, ReadOnlySpan<long> shape)
    {
        string fullName = FullName(name);
        if (!_checkpoint.Tensors.TryGetValue(fullName, out TensorView? tensor))
        {
            throw CheckpointException.ForTensor(_checkpoint.WeightsFile, _checkpoint.NameInFile(fullName), "no such tensor",
                $"a weight of shape {TensorView.DescribeShape(shape)}");
        }

        // llama.cpp's quantizer writes a matrix of one row as a vector.
        if (shape is [1, _] && tensor.Shape.SequenceEqual(shape[1..]))
            tensor = tensor.Part(0, [1, shape[1]]);
        if (!tensor.Shape.SequenceEqual(shape))
        {
            throw CheckpointException.ForTensor(tensor.File, _checkpoint.NameInFile(fullName), $"shape {tensor.DescribeShape()}",
                TensorView.DescribeShape(shape));
        }

        _read.Add(fullName);
        return tensor;
    }

    /// <summary>A tensor of bytes that stand for something else.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or it has another shape or type.</exception>
    internal TensorView FindBytes(string name, ReadOnlySpan<long> shape)
    {
        TensorView tensor = FindOfShape(name, shape);
        return tensor.Type == TensorType.UInt8
            ? tensor
            : throw CheckpointException.ForTensor(
                tensor.File, _checkpoint.NameInFile(tensor.Name), $"elements of type {tensor.Type}", nameof(TensorType.UInt8));
    }

    /// <summary>Requires that a tensor is not NaN throughout.</summary>
    internal void RequireNumbers(TensorView tensor)
    {
        if (tensor.IsNaNOnly())
            throw CheckpointException.ForTensor(tensor.File, _checkpoint.NameInFile(tensor.Name), "NaN in every element", "numbers");
    }
}
