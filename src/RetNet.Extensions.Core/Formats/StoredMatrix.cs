using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Formats;

/// <summary>A weight matrix as a file or a trained model holds it, row by row.</summary>
/// <param name="type">Type of the elements: Float32, BFloat16, Float16 or a block format.</param>
/// <param name="read">Reads whole rows.</param>
/// <param name="rows">The number of rows.</param>
/// <param name="columns">Elements of a row.</param>
internal readonly struct StoredMatrix(TensorType type, StoredRows read, int rows, int columns)
{
    public TensorType Type { get; } = type;

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    /// <summary>Bytes of a row.</summary>
    public long RowBytes => Bytes(Type, Columns);

    /// <summary>Bytes of some elements of a row; of a block format, whole blocks.</summary>
    public static long Bytes(TensorType type, long elements) => BlockFormat.IsBlockFormat(type)
        ? elements / BlockFormat.Elements(type) * BlockFormat.Bytes(type)
        : elements * TensorTypeNames.Bits(type) / 8;

    /// <summary>Copies rows from <paramref name="first"/> on, as they are stored.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="target">Receives the rows that fill it.</param>
    public void ReadRows(int first, Span<byte> target) => read(first * RowBytes, target);

    /// <summary>Widens elements to float32: without loss, or for a block format as ggml's reference dequantises it.</summary>
    /// <param name="type">Float32, BFloat16, Float16 or a block format.</param>
    /// <param name="stored">The elements, with any alignment.</param>
    /// <param name="values">As many as there are elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another type.</exception>
    public static void Widen(TensorType type, ReadOnlySpan<byte> stored, Span<float> values)
    {
        switch (type)
        {
            case TensorType.Float32:
                stored.CopyTo(MemoryMarshal.AsBytes(values));
                break;
            case TensorType.BFloat16:
                WidenBFloat16(MemoryMarshal.Cast<byte, ushort>(stored), values);
                break;
            case TensorType.Float16:
                WeightConversion.FromHalves(MemoryMarshal.Cast<byte, ushort>(stored), values);
                break;
            default:
                BlockFormat.Dequantize(type, stored, values);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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

/// <summary>Copies stored bytes.</summary>
/// <param name="offset">The first byte's distance from the first row.</param>
/// <param name="target">Receives as many bytes as it is long.</param>
internal delegate void StoredRows(long offset, Span<byte> target);
