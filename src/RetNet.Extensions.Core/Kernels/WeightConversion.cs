using System.Numerics.Tensors;

namespace RetNet.Extensions.Core.Kernels;

/// <summary>Rounds rows of float32 weights to the narrower formats and back.</summary>
internal static class WeightConversion
{
    private const float LargestInt8 = 127;

    /// <summary>Rounds to nearest even; a NaN stays one.</summary>
    public static void ToBFloat16(ReadOnlySpan<float> source, Span<ushort> target)
    {
        for (int i = 0; i < source.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(source[i]);
            uint rounded = float.IsNaN(source[i]) ? bits | 0x0040_0000 : bits + 0x7FFF + ((bits >> 16) & 1);
            target[i] = (ushort)(rounded >> 16);
        }
    }

    public static void FromBFloat16(ReadOnlySpan<ushort> source, Span<float> target)
    {
        for (int i = 0; i < source.Length; i++)
            target[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }

    /// <summary>Rounds each group to multiples of its scale, the group's largest magnitude / 127.</summary>
    public static void ToInt8(ReadOnlySpan<float> source, Span<sbyte> target, Span<float> scales)
    {
        for (int group = 0; group < scales.Length; group++)
        {
            Range range = GroupRange(group, source.Length);
            ReadOnlySpan<float> values = source[range];
            Span<sbyte> rounded = target[range];
            float scale = MathF.Abs(TensorPrimitives.MaxMagnitude(values)) / LargestInt8;
            scales[group] = scale;
            for (int i = 0; i < values.Length; i++)
                rounded[i] = scale == 0 ? (sbyte)0 : (sbyte)Math.Clamp(MathF.Round(values[i] / scale), -LargestInt8, LargestInt8);
        }
    }

    public static void FromInt8(ReadOnlySpan<sbyte> source, ReadOnlySpan<float> scales, Span<float> target)
    {
        for (int group = 0; group < scales.Length; group++)
        {
            Range range = GroupRange(group, source.Length);
            Span<float> values = target[range];
            TensorPrimitives.ConvertTruncating<sbyte, float>(source[range], values);
            TensorPrimitives.Multiply(values, scales[group], values);
        }
    }

    private static Range GroupRange(int group, int columns)
    {
        int first = group * WeightMatrix.GroupSize;
        return first..Math.Min(first + WeightMatrix.GroupSize, columns);
    }
}
