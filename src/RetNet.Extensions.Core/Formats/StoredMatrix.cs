using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Formats;

/// <summary>A weight matrix as a file or a trained model holds it, row by row.</summary>
/// <param name="type">Type of the elements: Float32, BFloat16, Float16 or a block format.</param>
/// <param name="data">The first row's first byte; any alignment.</param>
/// <param name="rows">The number of rows.</param>
/// <param name="columns">Elements of a row.</param>
internal readonly unsafe struct StoredMatrix(TensorType type, byte* data, int rows, int columns)
{
    public TensorType Type { get; } = type;

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    private long RowBytes => BlockFormat.IsBlockFormat(Type)
        ? (long)Columns / BlockFormat.Elements(Type) * BlockFormat.Bytes(Type)
        : (long)Columns * TensorTypeNames.Bits(Type) / 8;

    /// <summary>The first byte of a row.</summary>
    public byte* Row(int row) => data + (row * RowBytes);

    /// <summary>Widens rows <c>[first, first + count)</c>.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">The number of rows.</param>
    /// <param name="values"><c>[count × columns]</c>.</param>
    public void CopyRowsTo(int first, int count, Span<float> values) => Widen(Type, Row(first), count * RowBytes, values);

    /// <summary>Widens elements to float32: without loss, or for a block format as ggml's reference dequantises it.</summary>
    /// <param name="type">Float32, BFloat16, Float16 or a block format.</param>
    /// <param name="data">The first byte.</param>
    /// <param name="byteLength">Bytes of the elements.</param>
    /// <param name="values">As many as there are elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another type.</exception>
    public static void Widen(TensorType type, byte* data, long byteLength, Span<float> values)
    {
        switch (type)
        {
            case TensorType.Float32:
                new ReadOnlySpan<float>(data, values.Length).CopyTo(values);
                break;
            case TensorType.BFloat16:
                WidenBFloat16(new ReadOnlySpan<ushort>(data, values.Length), values);
                break;
            case TensorType.Float16:
                TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(data, values.Length), values);
                break;
            default:
                BlockFormat.Dequantize(type, new ReadOnlySpan<byte>(data, checked((int)byteLength)), values);
                break;
        }
    }

    private static void WidenBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(destination);
        int i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> lower, out Vector<uint> upper);
            (lower << 16).CopyTo(bits[i..]);
            (upper << 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
            bits[i] = (uint)source[i] << 16;
    }
}
