using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>The parameters of a model on a device: all values are one tensor and all gradients another, so that clipping and the optimiser
/// take few calls.</summary>
/// <remarks>Autograd sees views of them (<see cref="Leaf"/>) and adds to the gradients in place.</remarks>
internal sealed class TorchParameterStore : ParameterMemory, IDisposable
{
    // 64 MiB: the size of temporary copies and results.
    private const long PieceLength = 1 << 24;

    private readonly Dictionary<string, Parameter> _byName = [];
    private readonly List<Tensor> _leaves = [];
    private readonly Tensor _values;
    private readonly Tensor _gradients;
    private readonly Func<ExternalException, Exception> _explain;
    private readonly TorchParameterStore? _buffers;
    private bool _disposed;

    /// <summary>Copies parameters from the CPU.</summary>
    /// <param name="source">The parameters.</param>
    /// <param name="device">Their device.</param>
    /// <param name="explain">Translates libtorch's error.</param>
    /// <param name="buffers">The store of weights that are not trained, which <see cref="Leaf"/> gives too; null for none.</param>
    public TorchParameterStore(
        IReadOnlyList<Parameter> source, torch.Device device, Func<ExternalException, Exception> explain,
        TorchParameterStore? buffers = null)
    {
        (_explain, _buffers) = (explain, buffers);
        long length = source.Sum(parameter => parameter.Length);
        _values = torch.empty(length, torch.float32, device);
        _gradients = torch.zeros(length, torch.float32, device);
        _values.DetachFromDisposeScope();
        _gradients.DetachFromDisposeScope();
        List<Parameter> parameters = [];
        long offset = 0;
        foreach (Parameter parameter in source)
        {
            Parameter copy = new(parameter.Name, parameter.Shape, this, offset);
            Write(_values, offset, parameter.Values);
            parameters.Add(copy);
            _byName.Add(copy.Name, copy);
            offset += copy.Length;
        }

        Parameters = parameters;
    }

    /// <summary>The parameters, as they are saved.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>A weight as autograd sees it. It belongs to the store.</summary>
    /// <param name="parts">The weight; or several that follow each other and have the same columns, as one: one product serves them
    /// all.</param>
    public Tensor Leaf(params WeightDeclaration[] parts)
    {
        if (!_byName.TryGetValue(parts[0].Name, out Parameter? first) && _buffers is not null)
            return _buffers.Leaf(parts);
        ParameterRange range = new(first!.Range.Offset, parts.Sum(part => part.Length));
        long[] shape = [parts.Sum(part => (long)part.Shape[0]), .. parts[0].Shape.Skip(1).Select(dimension => (long)dimension)];
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor leaf = Part(_values, range).reshape(shape).detach();
        leaf.requires_grad = true;
        leaf.grad = Part(_gradients, range).reshape(shape);
        _leaves.Add(leaf.DetachFromDisposeScope());
        return leaf;
    }

    /// <summary>As <see cref="Leaf"/>; null for a weight that the model does not have.</summary>
    public Tensor? OptionalLeaf(params WeightDeclaration?[] parts) => parts is [not null, ..] ? Leaf(parts!) : null;

    public void ClearGradients() => Guard(Alive(_gradients), gradients => { gradients.zero_(); });

    public override void ReadValues(ParameterRange range, Span<float> target) =>
        Guard(target, target => Read(Alive(_values), range, target));

    public override void ReadGradients(ParameterRange range, Span<float> target) =>
        Guard(target, target => Read(Alive(_gradients), range, target));

    public override void WriteValues(ParameterRange range, ReadOnlySpan<float> source) =>
        Guard(source, source => Write(Alive(_values), range.Offset, source));

    public override double AddGradientSquares(IReadOnlyList<Parameter> parameters, double sum) => Guard(parameters, parameters =>
    {
        Tensor[] norms = [.. Join(parameters).Select(range => Part(Alive(_gradients), range).norm())];
        Tensor all = torch.stack(norms).cpu();
        foreach (float norm in MemoryMarshal.Cast<byte, float>(all.bytes))
            sum += (double)norm * norm;
        return sum;
    });

    public override AdamWMoments CreateMoments(IReadOnlyList<Parameter> parameters, TrainingOptions options) =>
        Guard(parameters, parameters => new TorchAdamWMoments(this, parameters, options));

    /// <summary>Computes in a dispose scope, and explains libtorch's errors.</summary>
    public TResult Guard<TArgument, TResult>(TArgument argument, Func<TArgument, TResult> compute)
        where TArgument : allows ref struct
        where TResult : allows ref struct
    {
        try
        {
            using DisposeScope scope = torch.NewDisposeScope();
            return compute(argument);
        }
        catch (ExternalException exception)
        {
            throw _explain(exception);
        }
    }

    /// <inheritdoc cref="Guard{TArgument, TResult}"/>
    public void Guard<TArgument>(TArgument argument, Action<TArgument> compute)
        where TArgument : allows ref struct => Guard(argument, argument =>
        {
            compute(argument);
            return true;
        });

    /// <summary>A new tensor beside the parameters, <c>[length]</c>, of zeros.</summary>
    public Tensor Zeros(long length) => torch.zeros(length, torch.float32, _values.device);

    /// <summary>Values and gradients of a range, as views that the caller's scope owns.</summary>
    public (Tensor Values, Tensor Gradients) Views(ParameterRange range) => (Part(Alive(_values), range), Part(Alive(_gradients), range));

    /// <summary>The ranges of parameters, neighbours as one, cut into pieces of a bounded size.</summary>
    public static IEnumerable<ParameterRange> Pieces(IReadOnlyList<Parameter> parameters)
    {
        foreach (ParameterRange range in Join(parameters))
        {
            for (long done = 0; done < range.Length; done += PieceLength)
                yield return new ParameterRange(range.Offset + done, Math.Min(PieceLength, range.Length - done));
        }
    }

    /// <summary>Copies a part of a flat tensor to the host.</summary>
    public static void Read(Tensor source, ParameterRange range, Span<float> target)
    {
        for (long done = 0; done < range.Length; done += PieceLength)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            int length = (int)Math.Min(PieceLength, range.Length - done);
            Tensor piece = source.narrow(0, range.Offset + done, length).cpu();
            MemoryMarshal.Cast<byte, float>(piece.bytes).CopyTo(target[(int)done..]);
        }
    }

    /// <summary>Replaces a part of a flat tensor.</summary>
    public static void Write(Tensor target, long offset, ReadOnlySpan<float> source)
    {
        for (int done = 0; done < source.Length; done += (int)PieceLength)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            ReadOnlySpan<float> piece = source.Slice(done, (int)Math.Min(PieceLength, source.Length - done));
            Tensor staging = torch.empty(piece.Length, torch.float32);
            piece.CopyTo(MemoryMarshal.Cast<byte, float>(staging.bytes));
            target.narrow(0, offset + done, piece.Length).copy_(staging);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (Tensor leaf in _leaves)
            leaf.Dispose();
        _values.Dispose();
        _gradients.Dispose();
    }

    private static IEnumerable<ParameterRange> Join(IReadOnlyList<Parameter> parameters)
    {
        for (int first = 0, next; first < parameters.Count; first = next)
        {
            ParameterRange range = parameters[first].Range;
            for (next = first + 1; next < parameters.Count && parameters[next].Range.Offset == range.Offset + range.Length; next++)
                range = range with { Length = range.Length + parameters[next].Length };
            yield return range;
        }
    }

    private static Tensor Part(Tensor flat, ParameterRange range) => flat.narrow(0, range.Offset, range.Length);

    private Tensor Alive(Tensor tensor)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(Parameter));
        return tensor;
    }
}
