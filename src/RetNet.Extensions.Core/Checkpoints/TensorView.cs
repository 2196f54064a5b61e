using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>One tensor of a memory-mapped file: nothing is copied until <see cref="CopyTo(Span{float})"/>.</summary>
/// <remarks>The view is usable until the <c>SafetensorsFile</c> (or the <see cref="Checkpoint"/>) that it came from is disposed.
/// Rows lie one after another (row-major).</remarks>
[Experimental("RETNET001")]
public sealed unsafe class TensorView
{
    private readonly ITensorMemory _owner;
    private readonly long[] _shape;
    private readonly long _offset;

    internal TensorView(ITensorMemory owner, string name, TensorType type, long[] shape, long offset, long byteLength)
    {
        (_owner, Name, Type, _shape, _offset, ByteLength) = (owner, name, type, shape, offset, byteLength);
        ElementCount = 1;
        foreach (long dimension in shape)
            ElementCount *= dimension;
    }

    /// <summary>The tensor's name: that of its file, or for a .gguf file the model's name of it.</summary>
    public string Name { get; }

    /// <summary>Path of the file.</summary>
    public string File => _owner.Path;

    /// <summary>Type of the elements.</summary>
    public TensorType Type { get; }

    /// <summary>Dimensions, outermost first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>Product of the dimensions.</summary>
    public long ElementCount { get; }

    /// <summary>Size of the data in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>First byte of the data. Files of other writers need not align it to the element size.</summary>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public byte* Data => _owner.Data + _offset;

    /// <summary>A part of a matrix: rows <paramref name="first"/> to <paramref name="first"/> + <paramref name="count"/> − 1.</summary>
    /// <param name="first">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <returns>A view [count × columns] into the same memory.</returns>
    /// <exception cref="InvalidOperationException">The tensor is no matrix.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The rows are not all inside the matrix.</exception>
    public TensorView Rows(long first, long count)
    {
        if (_shape.Length != 2)
            throw new InvalidOperationException($"Tensor '{Name}' of {File} has shape {DescribeShape()}; rows are taken from a matrix.");
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _shape[0] - first);
        long rowBytes = _shape[0] == 0 ? 0 : ByteLength / _shape[0];
        return new TensorView(_owner, Name, Type, [count, _shape[1]], _offset + first * rowBytes, count * rowBytes);
    }

    /// <summary>The matrix <c>[rows × columns]</c> as kernels read it, valid as long as the view.</summary>
    internal StoredMatrix Stored => new(Type, Data, checked((int)_shape[0]), checked((int)_shape[1]));

    /// <summary>Releases a copy of the tensor's data; it is recreated on demand. No pointer to it may be in use.</summary>
    internal void Trim() => _owner.Trim();

    /// <summary>The same tensor under another name.</summary>
    internal TensorView Renamed(string name) => new(_owner, name, Type, _shape, _offset, ByteLength);

    /// <summary>This tensor, widened, for a file that is written.</summary>
    internal TensorSource ToSource() => new(Name, [.. _shape.Select(dimension => checked((int)dimension))], () =>
    {
        float[] values = new float[ElementCount];
        CopyTo(values);
        return values;
    });

    /// <summary>Copies all elements, widened to single precision: without loss, or for a block format as ggml's reference dequantises
    /// it.</summary>
    /// <param name="destination">As long as <see cref="ElementCount"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length.</exception>
    /// <exception cref="CheckpointException">Weights cannot be read from this type.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public void CopyTo(Span<float> destination)
    {
        RequireLength(destination.Length);
        CopyTo(Data, ByteLength, destination);
    }

    /// <summary>Copies one row of a matrix as <see cref="CopyTo(Span{float})"/> does, and allocates nothing.</summary>
    /// <param name="row">The row.</param>
    /// <param name="destination"><c>[columns]</c>.</param>
    internal void CopyRowTo(long row, Span<float> destination)
    {
        long rowBytes = ByteLength / _shape[0];
        CopyTo(Data + (row * rowBytes), rowBytes, destination);
    }

    /// <summary>Copies all elements of an Int64 tensor.</summary>
    /// <param name="destination">As long as <see cref="ElementCount"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length.</exception>
    /// <exception cref="CheckpointException">The type is not Int64.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public void CopyTo(Span<long> destination)
    {
        if (Type != TensorType.Int64)
            throw RefusedType("I64");
        RequireLength(destination.Length);
        Elements<long>().CopyTo(destination);
    }

    /// <summary>Whether the type is one that weights are read from: <see cref="CopyTo(Span{float})"/> works.</summary>
    public bool IsWeight => Type is TensorType.Float32 or TensorType.Float16 or TensorType.BFloat16 || BlockFormat.IsBlockFormat(Type);

    /// <summary>Whether a weight has elements and every one of them is NaN. Stops at the first number.</summary>
    internal bool IsNaNOnly()
    {
        byte* data = Data;
        if (BlockFormat.IsBlockFormat(Type))
            return BlockFormat.IsNaNOnly(Type, data, ByteLength);
        for (long i = 0; i < ElementCount; i++)
        {
            float value = Type switch
            {
                TensorType.Float32 => ((float*)data)[i],
                TensorType.Float16 => (float)((Half*)data)[i],
                _ => BitConverter.UInt32BitsToSingle((uint)((ushort*)data)[i] << 16),
            };
            if (!float.IsNaN(value))
                return false;
        }

        return ElementCount > 0;
    }

    internal const string WeightTypes = "a weight's type: F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K or Q6_K";

    internal CheckpointException RefusedType(string expected) =>
        CheckpointException.ForTensor(File, Name, $"elements of type {Type}", expected);

    internal string DescribeShape() => DescribeShape(_shape);

    internal static string DescribeShape(ReadOnlySpan<long> shape) => $"[{string.Join(" × ", shape.ToArray())}]";

    private void CopyTo(byte* data, long byteLength, Span<float> destination)
    {
        if (!IsWeight)
            throw RefusedType(WeightTypes);
        StoredMatrix.Widen(Type, data, byteLength, destination);
    }

    private ReadOnlySpan<T> Elements<T>() where T : unmanaged => new(Data, checked((int)ElementCount));

    private void RequireLength(int length)
    {
        if (length != ElementCount)
            throw new ArgumentException($"Tensor '{Name}' of {File} has {ElementCount} elements; the destination has {length}.");
    }
}
