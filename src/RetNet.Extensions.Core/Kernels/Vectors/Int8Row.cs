using System.Numerics.Tensors;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>A row of a head as integers: value = scale · integer.</summary>
internal static class Int8Row
{
    private const int Largest = 127;
    private const uint Infinity = 0x7F80_0000;
    private const ushort NotANumber = 0x7FC0;

    /// <summary>Rounds a row to nearest integers, of ties the even one. The largest magnitude becomes 127, or a little less, because the
    /// scale is rounded up to a bfloat16.</summary>
    /// <param name="values">The row.</param>
    /// <param name="target">Receives the integers.</param>
    /// <returns>The scale's bits; NaN for a row with a NaN.</returns>
    public static ushort Round(ReadOnlySpan<float> values, Span<sbyte> target)
    {
        uint exact = BitConverter.SingleToUInt32Bits(TensorPrimitives.MaxMagnitude(values) / Largest) & 0x7FFF_FFFF;
        ushort scale = exact > Infinity ? NotANumber : (ushort)((exact + 0xFFFF) >> 16);
        if (scale == 0)
        {
            target[..values.Length].Clear();
            return scale;
        }

        float divisor = WeightConversion.FromBFloat16(scale);
        for (int i = 0; i < values.Length; i++)
            target[i] = (sbyte)MathF.Round(values[i] / divisor);
        return scale;
    }

    /// <summary>The values of a row.</summary>
    public static void Widen(ReadOnlySpan<sbyte> integers, ushort scale, Span<float> values)
    {
        float factor = WeightConversion.FromBFloat16(scale);
        for (int i = 0; i < values.Length; i++)
            values[i] = integers[i] * factor;
    }
}
