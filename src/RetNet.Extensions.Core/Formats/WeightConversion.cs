using System.Numerics.Tensors;

namespace RetNet.Extensions.Core.Formats;

/// <summary>Rounds float32 weights to the narrower formats.</summary>
internal static class WeightConversion
{
    private const float LargestInt8 = 127;
    private const float LargestInt4 = 15;

    /// <summary>Rounds to nearest even; a NaN stays one.</summary>
    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint rounded = float.IsNaN(value) ? bits | 0x0040_0000 : bits + 0x7FFF + ((bits >> 16) & 1);
        return (ushort)(rounded >> 16);
    }

    public static float FromBFloat16(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>Rounds a group to multiples of its scale, the largest magnitude / 127. Weights beyond 127 times the largest half are cut to
    /// that.</summary>
    /// <param name="group">Up to 32 weights.</param>
    /// <param name="rounded">As many numbers from −127 to 127.</param>
    /// <returns>The scale.</returns>
    public static Half ToInt8(ReadOnlySpan<float> group, Span<sbyte> rounded)
    {
        Half scale = ToFiniteHalf(MathF.Abs(TensorPrimitives.MaxMagnitude(group)) / LargestInt8);
        float inverse = scale == Half.Zero ? 0 : 1 / (float)scale;
        for (int i = 0; i < group.Length; i++)
            rounded[i] = (sbyte)Math.Clamp(MathF.Round(group[i] * inverse), -LargestInt8, LargestInt8);
        return scale;
    }

    /// <summary>Cuts the range of a group into 15 equal steps and rounds to them: w ≈ scale · q − offset.</summary>
    /// <param name="group">Up to 32 weights.</param>
    /// <param name="rounded">As many numbers from 0 to 15.</param>
    public static (Half Scale, Half Offset) ToInt4(ReadOnlySpan<float> group, Span<byte> rounded)
    {
        float least = TensorPrimitives.Min(group);
        Half offset = ToFiniteHalf(-least);
        Half scale = ToFiniteHalf((TensorPrimitives.Max(group) - least) / LargestInt4);
        float inverse = scale == Half.Zero ? 0 : 1 / (float)scale;
        for (int i = 0; i < group.Length; i++)
            rounded[i] = (byte)Math.Clamp(MathF.Round((group[i] + (float)offset) * inverse), 0, LargestInt4);
        return (scale, offset);
    }

    private static Half ToFiniteHalf(float value) => (Half)Math.Clamp(value, (float)Half.MinValue, (float)Half.MaxValue);
}
