using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>One tensor of a checkpoint. Its data are read when they are copied.</summary>
/// <remarks>The view is usable until the <c>SafetensorsFile</c> (or the <see cref="Checkpoint"/>) that it came from is disposed.
/// Rows lie one after another (row-major).</remarks>
[Experimental("RETNET001")]
public sealed unsafe class TensorView
{
    // Read at once while a tensor is copied.
    private const int PieceBytes = 1 << 20;

    private readonly ITensorStore _store;
    private readonly long[] _shape;
    private readonly long _offset;

    internal TensorView(ITensorStore store, string name, TensorType type, long[] shape, long offset, long byteLength)
    {
        (_store, Name, Type, _shape, _offset, ByteLength) = (store, name, type, shape, offset, byteLength);
        ElementCount = 1;
        foreach (long dimension in shape)
            ElementCount *= dimension;
    }

    /// <summary>The tensor's name: that of its file, or for a .gguf file the model's name of it.</summary>
    public string Name { get; }

    /// <summary>Path of the file.</summary>
    public string File => _store.Path;

    /// <summary>Type of the elements.</summary>
    public TensorType Type { get; }

    /// <summary>Dimensions, outermost first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>Product of the dimensions.</summary>
    public long ElementCount { get; }

    /// <summary>Size of the data in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>The first byte of the data where they lie in memory, with any alignment; null where they are read from a file.</summary>
    /// <exception cref="ObjectDisposedException">The memory was released.</exception>
    internal byte* Memory => _store.Memory is null ? null : _store.Memory + _offset;

    /// <summary>A part of a matrix: rows <paramref name="first"/> to <paramref name="first"/> + <paramref name="count"/> − 1.</summary>
    /// <param name="first">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <returns>A view [count × columns] of the same data.</returns>
    /// <exception cref="InvalidOperationException">The tensor is no matrix.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The rows are not all inside the matrix.</exception>
    public TensorView Rows(long first, long count)
    {
        if (_shape.Length != 2)
            throw new InvalidOperationException($"Tensor '{Name}' of {File} has shape {DescribeShape()}; rows are taken from a matrix.");
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _shape[0] - first);
        return Leading(first, count);
    }

    /// <summary>A part of the tensor by its outermost dimension, all of which is inside.</summary>
    internal TensorView Leading(long first, long count)
    {
        long bytes = _shape[0] == 0 ? 0 : ByteLength / _shape[0];
        return new TensorView(_store, Name, Type, [count, .. _shape.AsSpan(1)], _offset + (first * bytes), count * bytes);
    }

    /// <summary>The matrix <c>[rows × columns]</c> as kernels read it, valid as long as the view.</summary>
    internal StoredMatrix Stored => new(Type, ReadBytes, checked((int)_shape[0]), checked((int)_shape[1]));

    /// <summary>Consecutive elements of the data as a tensor of their own.</summary>
    /// <param name="offset">The first byte's distance from the tensor's.</param>
    /// <param name="shape">The part's dimensions; of a block format, whole rows.</param>
    internal TensorView Part(long offset, long[] shape) => new(
        _store, Name, Type, shape, _offset + offset,
        shape.SkipLast(1).Aggregate(StoredMatrix.Bytes(Type, shape[^1]), (bytes, n) => bytes * n));

    /// <summary>The same tensor under another name.</summary>
    internal TensorView Renamed(string name) => new(_store, name, Type, _shape, _offset, ByteLength);

    /// <summary>This tensor, widened, for a file that is written.</summary>
    internal TensorSource ToSource() => new(Name, [.. _shape.Select(dimension => checked((int)dimension))], () => ToFloats());

    /// <summary>All elements as <see cref="CopyTo(Span{float})"/> widens them.</summary>
    internal float[] ToFloats()
    {
        float[] values = new float[ElementCount];
        CopyTo(values);
        return values;
    }

    /// <summary>Copies all elements, widened to single precision: without loss, or for a block format as ggml's reference dequantises
    /// it.</summary>
    /// <param name="destination">As long as <see cref="ElementCount"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length.</exception>
    /// <exception cref="CheckpointException">Weights cannot be read from this type, or the file has changed since it was
    /// opened.</exception>
    /// <exception cref="ObjectDisposedException">The checkpoint was disposed.</exception>
    public void CopyTo(Span<float> destination)
    {
        if (!IsWeight)
            throw RefusedType(WeightTypes);
        RequireLength(destination.Length, ElementCount, "elements");
        (int bytes, int elements) = Unit();
        int piece = Math.Max(1, PieceBytes / bytes) * bytes;
        byte[] rented = ArrayPool<byte>.Shared.Rent((int)Math.Min(piece, ByteLength));
        for (long done = 0; done < ByteLength; done += piece)
        {
            Span<byte> stored = rented.AsSpan(0, (int)Math.Min(piece, ByteLength - done));
            ReadBytes(done, stored);
            StoredMatrix.Widen(Type, stored, destination.Slice((int)(done / bytes * elements), stored.Length / bytes * elements));
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Copies the data as they are stored.</summary>
    /// <param name="destination">As long as <see cref="ByteLength"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length.</exception>
    /// <exception cref="CheckpointException">The file has changed since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The checkpoint was disposed.</exception>
    public void CopyBytesTo(Span<byte> destination)
    {
        RequireLength(destination.Length, ByteLength, "bytes");
        ReadBytes(0, destination);
    }

    /// <summary>Copies all elements of an Int64 tensor.</summary>
    /// <param name="destination">As long as <see cref="ElementCount"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length.</exception>
    /// <exception cref="CheckpointException">The type is not Int64, or the file has changed since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The checkpoint was disposed.</exception>
    public void CopyTo(Span<long> destination)
    {
        if (Type != TensorType.Int64)
            throw RefusedType("I64");
        RequireLength(destination.Length, ElementCount, "elements");
        ReadBytes(0, MemoryMarshal.AsBytes(destination));
    }

    /// <summary>Whether the type is one that weights are read from: <see cref="CopyTo(Span{float})"/> works.</summary>
    public bool IsWeight => Type is TensorType.Float32 or TensorType.Float16 or TensorType.BFloat16 || BlockFormat.IsBlockFormat(Type);

    /// <summary>Whether a weight has elements and every one of them is NaN. Stops at the first number.</summary>
    internal bool IsNaNOnly()
    {
        (int bytes, int elements) = Unit();
        byte[] stored = new byte[bytes];
        float[] values = new float[elements];
        for (long done = 0; done < ByteLength; done += bytes)
        {
            ReadBytes(done, stored);
            StoredMatrix.Widen(Type, stored, values);
            foreach (float value in values)
            {
                if (!float.IsNaN(value))
                    return false;
            }
        }

        return ElementCount > 0;
    }

    /// <summary>Reads a part of the data: of a matrix, whole rows.</summary>
    internal void ReadBytes(long offset, Span<byte> target) => _store.Read(_offset + offset, target);

    internal const string WeightTypes = "a weight's type: F32, F16, BF16 or a block format of GGUF files, such as Q8_0 or Q4_K";

    internal CheckpointException RefusedType(string expected) =>
        CheckpointException.ForTensor(File, Name, $"elements of type {Type}", expected);

    internal string DescribeShape() => DescribeShape(_shape);

    internal static string DescribeShape(ReadOnlySpan<long> shape) => $"[{string.Join(" × ", shape.ToArray())}]";

    // What is read at least: a row of a matrix, otherwise a block or an element.
    private (int Bytes, int Elements) Unit()
    {
        if (_shape.Length == 2 && ElementCount > 0)
            return (checked((int)(ByteLength / _shape[0])), checked((int)_shape[1]));
        return BlockFormat.IsBlockFormat(Type)
            ? (BlockFormat.Bytes(Type), BlockFormat.Elements(Type))
            : (TensorTypeNames.Bits(Type) / 8, 1);
    }

    private void RequireLength(int length, long expected, string unit)
    {
        if (length != expected)
            throw new ArgumentException($"Tensor '{Name}' of {File} has {expected} {unit}; the destination has {length}.");
    }
}
