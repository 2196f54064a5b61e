using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>Reads and writes single numbers of the types of scales and of rows that are widened.</summary>
internal static class StoredNumber
{
    /// <summary>The types of scales.</summary>
    public static ReadOnlySpan<TensorType> Scales => [TensorType.Float16, TensorType.BFloat16, TensorType.Float32];

    /// <summary>Writes element <paramref name="index"/>, rounded to Float16, BFloat16 or Float32.</summary>
    public static void Write(TensorType type, float value, Span<byte> target, int index)
    {
        switch (type)
        {
            case TensorType.Float16:
                MemoryMarshal.Cast<byte, Half>(target)[index] = (Half)value;
                break;
            case TensorType.BFloat16:
                MemoryMarshal.Cast<byte, ushort>(target)[index] = WeightConversion.ToBFloat16(value);
                break;
            default:
                MemoryMarshal.Cast<byte, float>(target)[index] = value;
                break;
        }
    }

    /// <summary>All bytes of a tensor as numbers.</summary>
    public static T[] Raw<T>(TensorView tensor)
        where T : unmanaged
    {
        T[] values = new T[tensor.ByteLength / System.Runtime.CompilerServices.Unsafe.SizeOf<T>()];
        tensor.CopyBytesTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
