using System.Collections.Concurrent;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>The places of a model's states: a pool for each format and capacity.</summary>
/// <remarks>A slab has keys and values <c>[layers × slots × G × capacity × w]</c>, positions (int64) and accumulated attention (float32)
/// <c>[layers × slots × capacity]</c>, and gaps (int64) <c>[layers × slots]</c>. Keys and values are views of one tensor
/// <c>[layers × 2 × slots × G × capacity × w]</c>.</remarks>
/// <param name="c">The model's dimensions.</param>
/// <param name="device">The device.</param>
/// <param name="guard">Runs code of libtorch, whose errors it explains.</param>
internal sealed class RowPools(TransformerConfiguration c, torch.Device device, Func<Func<Tensor[]>, Tensor[]> guard)
{
    /// <summary>The tensors of a slab: keys after rotation, values, positions, accumulated attention.</summary>
    public const int Keys = 0, Values = 1, Positions = 2, Accumulated = 3;

    /// <summary>The tensor of the slots that the next row takes, where the device has dropped a row of each layer.</summary>
    public const int Gaps = 4;

    /// <summary>The tensor that has both keys and values.</summary>
    public const int Rows = 5;

    private readonly ConcurrentDictionary<(StateFormat Format, int Capacity), SlotPool> _pools = [];

    /// <summary>The device.</summary>
    public torch.Device Device => device;

    /// <summary>The pool of a format and capacity.</summary>
    public SlotPool For(StateFormat format, int capacity) =>
        _pools.GetOrAdd((format, capacity),
            key => new SlotPool(slots => guard(() => Allocate(slots, key.Format, key.Capacity)),
                RowCapacity.Bytes(c, key.Format, key.Capacity)));

    /// <summary>Checks the options that concern states here.</summary>
    /// <exception cref="ArgumentException">One does not fit.</exception>
    public static void Check(StateOptions options)
    {
        TransformerState.Check(options);
        if (options.Format == StateFormat.Int8)
        {
            throw new ArgumentException($"{nameof(StateOptions)}.{nameof(options.Format)} is {options.Format}, which the CPU's own engine "
                + $"has; expected {StateFormat.Float32} or {StateFormat.BFloat16} on libtorch.", nameof(options));
        }
    }

    /// <summary>The type that libtorch gives a format.</summary>
    public static torch.ScalarType TypeOf(StateFormat format) => format == StateFormat.BFloat16 ? torch.bfloat16 : torch.float32;

    private Tensor[] Allocate(int slots, StateFormat format, int capacity)
    {
        long[] rows = [c.Layers, 2, slots, c.KeyValueHeads, capacity, c.HeadWidth];
        long[] perRow = [c.Layers, slots, capacity];

        // If there is no room for one of them, those before it are released.
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor both = Empty(rows, TypeOf(format));
        Tensor[] tensors = [both.select(1, 0), both.select(1, 1), Empty(perRow, torch.int64), Empty(perRow, torch.float32),
            Empty([c.Layers, slots], torch.int64), both];
        foreach (Tensor tensor in tensors)
            tensor.DetachFromDisposeScope();
        return tensors;
    }

    private Tensor Empty(long[] shape, torch.ScalarType type) => torch.empty(shape, dtype: type, device: device);
}
