using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Models;

/// <summary>Values in the formats of a state. In <see cref="StateFormat.Int8"/> they are one row, with its scale before them.</summary>
internal static unsafe class StateFormatExtensions
{
    /// <summary>Writes values in the format.</summary>
    public static void Write(this StateFormat format, ReadOnlySpan<float> values, Span<byte> target)
    {
        if (format == StateFormat.Float32)
        {
            MemoryMarshal.AsBytes(values).CopyTo(target);
            return;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(target.Length, format.RowBytes(values.Length));
        if (format == StateFormat.Int8)
        {
            ushort scale = Int8Row.Round(values, MemoryMarshal.Cast<byte, sbyte>(target[sizeof(ushort)..]));
            MemoryMarshal.Write(target, scale);
            return;
        }

        fixed (float* source = values)
        fixed (byte* rounded = target)
            StoredValues.Round(source, (StoredBFloat16*)rounded, values.Length);
    }

    /// <summary>Reads values that <see cref="Write"/> wrote.</summary>
    public static void Read(this StateFormat format, ReadOnlySpan<byte> source, Span<float> values)
    {
        if (format == StateFormat.Float32)
        {
            source.CopyTo(MemoryMarshal.AsBytes(values));
            return;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, format.RowBytes(values.Length));
        if (format == StateFormat.Int8)
        {
            Int8Row.Widen(MemoryMarshal.Cast<byte, sbyte>(source[sizeof(ushort)..]), MemoryMarshal.Read<ushort>(source), values);
            return;
        }

        fixed (byte* rounded = source)
        fixed (float* target = values)
            StoredValues.Widen((StoredBFloat16*)rounded, target, values.Length, 1);
    }
}
