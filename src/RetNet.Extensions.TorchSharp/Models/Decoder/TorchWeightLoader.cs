using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>Takes a model's weights out of a checkpoint to the device, counts them and owns them there.</summary>
internal sealed class TorchWeightLoader : IDisposable
{
    private const int BlockElements = 1 << 22;

    private readonly List<Tensor> _owned = [];
    private readonly torch.ScalarType? _wanted;
    private torch.ScalarType? _found;

    /// <summary>Checks a checkpoint against the weights' layout before any of them is copied.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="layout">The weights.</param>
    /// <param name="format">How the matrices are kept.</param>
    /// <param name="device">The device.</param>
    /// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of the model.</exception>
    /// <exception cref="ArgumentException">The format does not exist in this engine.</exception>
    public TorchWeightLoader(Checkpoint checkpoint, DecoderLayout layout, WeightFormat format, ComputeDevice device)
    {
        (Tensors, Device) = (new CheckpointWeights(layout, checkpoint), TorchDevices.Native(device));
        _wanted = format switch
        {
            WeightFormat.Auto => null,
            WeightFormat.Float32 => torch.float32,
            WeightFormat.BFloat16 => torch.bfloat16,
            WeightFormat.Float16 => torch.float16,
            _ => throw new ArgumentException($"The weight format is {format}; expected Auto, Float32, BFloat16 or Float16 on {device}."),
        };
    }

    public CheckpointWeights Tensors { get; }

    public torch.Device Device { get; }

    /// <summary>The type of the matrices, and so of the activations that meet them.</summary>
    public torch.ScalarType Type => _wanted ?? _found ?? torch.float32;

    public long Parameters { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Bytes of experts that a token does not choose.</summary>
    public long UnreadBytes { get; private set; }

    /// <summary>Matrices of the same number of columns, one above the other, in <see cref="Type"/>: as the format says, or as the first
    /// matrix of the checkpoint.</summary>
    public Tensor Matrix(params WeightDeclaration[] weights)
    {
        TensorView[] parts = Array.ConvertAll(weights, weight => Tensors[weight]);
        _found ??= TypeOf(parts[0].Type);
        long columns = parts[0].Shape[1];
        Tensor matrix = Own(torch.empty(parts.Sum(part => part.Shape[0]), columns, dtype: Type, device: Device));
        long row = 0;
        foreach (TensorView part in parts)
        {
            Copy(part, matrix.narrow(0, row, part.Shape[0]));
            row += part.Shape[0];
            Count(part.ElementCount, part.ElementCount * matrix.element_size());
        }

        return matrix;
    }

    /// <summary>A matrix or bias in float32, whatever <see cref="Type"/> is; null for none.</summary>
    public Tensor? Unrounded(params WeightDeclaration[] parts)
    {
        if (parts is not [{ } weight])
            return null;
        float[] values = new float[weight.Length];
        Tensors[weight].CopyTo(values);
        Count(weight.Length, weight.Length * sizeof(float));
        return Own(torch.tensor(values, Array.ConvertAll(weight.Shape, dimension => (long)dimension), torch.float32, Device));
    }

    /// <summary>A norm's weight, <c>[length]</c>, in float32.</summary>
    public Tensor Vector(WeightDeclaration weight)
    {
        float[] values = new float[weight.Length];
        Tensors[weight].CopyTo(values);
        if (weight.Added != 0)
            TensorPrimitives.Add(values, weight.Added, values);
        Count(weight.Length, weight.Length * sizeof(float));
        return Vector(values);
    }

    /// <summary>As <see cref="Vector(WeightDeclaration)"/>; null for one that the model does not have.</summary>
    public Tensor? OptionalVector(WeightDeclaration? weight) => weight is null ? null : Vector(weight);

    /// <summary>Values that were computed, <c>[length]</c>, in float32.</summary>
    public Tensor Vector(float[] values) => Own(torch.tensor(values, torch.float32, Device));

    /// <summary>Biases, one after the other, in <see cref="Type"/>, as the product needs them; null for none.</summary>
    public Tensor? Bias(WeightDeclaration[] parts)
    {
        if (parts.Length == 0)
            return null;
        float[] values = new float[parts.Sum(part => part.Length)];
        int at = 0;
        foreach (WeightDeclaration part in parts)
        {
            Tensors[part].CopyTo(values.AsSpan(at, (int)part.Length));
            at += (int)part.Length;
        }

        Tensor bias = Own(torch.tensor(values, torch.float32).to(Type).to(Device));
        Count(values.Length, values.Length * bias.element_size());
        return bias;
    }

    /// <summary>The feed-forward network of a block.</summary>
    public TorchFeedForward FeedForward(FeedForwardLayout layout)
    {
        long before = Bytes;
        TorchFeedForward network = TorchFeedForward.Load(layout, Matrix, Bias, Unrounded);
        if (layout is ExpertsLayout { Options: { } options } experts)
        {
            long shared = experts.Shared?.Weights.Sum(weight => weight.Length) ?? 0;
            long bytes = Bytes - before - (shared * (Type == torch.float32 ? sizeof(float) : sizeof(short)));
            UnreadBytes += bytes / options.Count * (options.Count - options.PerToken);
        }

        return network;
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _owned)
            tensor.Dispose();
    }

    private Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    private void Count(long parameters, long bytes)
    {
        Parameters += parameters;
        Bytes += bytes;
    }

    // Row by row in pieces of a bounded size; a type that libtorch has is copied as it is, a block format is widened first.
    private void Copy(TensorView source, Tensor target)
    {
        long rows = Math.Clamp(BlockElements / Math.Max(1, source.Shape[1]), 1, source.Shape[0]);
        using DisposeScope scope = torch.NewDisposeScope();
        torch.ScalarType? type = NativeTypeOf(source.Type);
        Tensor staging = torch.empty(rows, source.Shape[1], dtype: type ?? torch.float32);
        for (long row = 0; row < source.Shape[0]; row += rows)
        {
            using DisposeScope inner = torch.NewDisposeScope();
            TensorView block = source.Rows(row, Math.Min(rows, source.Shape[0] - row));
            Tensor staged = staging.narrow(0, 0, block.Shape[0]);
            Span<byte> bytes = staging.bytes;
            if (type is null)
                block.CopyTo(MemoryMarshal.Cast<byte, float>(bytes)[..(int)block.ElementCount]);
            else
                block.CopyBytesTo(bytes[..(int)block.ByteLength]);
            target.narrow(0, row, block.Shape[0]).copy_(staged);
        }
    }

    // The type of quantised weights on the device.
    private torch.ScalarType TypeOf(TensorType type) => NativeTypeOf(type) ?? TorchDevices.WideType(Device);

    private static torch.ScalarType? NativeTypeOf(TensorType type) => type switch
    {
        TensorType.Float32 => torch.float32,
        TensorType.BFloat16 => torch.bfloat16,
        TensorType.Float16 => torch.float16,
        _ => null,
    };
}
