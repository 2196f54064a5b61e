using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Generation;

/// <summary>Values in the formats of a state.</summary>
internal static class StateFormatExtensions
{
    public static int ValueBytes(this StateFormat format) => format == StateFormat.BFloat16 ? sizeof(ushort) : sizeof(float);

    /// <summary>Writes values in the format.</summary>
    public static void Write(this StateFormat format, ReadOnlySpan<float> values, Span<byte> target)
    {
        if (format == StateFormat.BFloat16)
            WeightConversion.ToBFloat16(values, MemoryMarshal.Cast<byte, ushort>(target));
        else
            MemoryMarshal.AsBytes(values).CopyTo(target);
    }

    /// <summary>Reads values that <see cref="Write"/> wrote.</summary>
    public static void Read(this StateFormat format, ReadOnlySpan<byte> source, Span<float> values)
    {
        if (format == StateFormat.BFloat16)
            WeightConversion.FromBFloat16(MemoryMarshal.Cast<byte, ushort>(source), values);
        else
            source.CopyTo(MemoryMarshal.AsBytes(values));
    }
}
