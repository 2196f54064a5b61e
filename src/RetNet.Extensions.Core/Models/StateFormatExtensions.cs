using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Models;

/// <summary>Values in the formats of a state.</summary>
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

        ArgumentOutOfRangeException.ThrowIfLessThan(target.Length, values.Length * sizeof(StoredBFloat16));
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

        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, values.Length * sizeof(StoredBFloat16));
        fixed (byte* rounded = source)
        fixed (float* target = values)
            StoredValues.Widen((StoredBFloat16*)rounded, target, values.Length, 1);
    }
}
