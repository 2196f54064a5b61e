using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RetNet.Extensions.Core.Formats;

/// <summary>Rounds float32 weights to the narrower formats.</summary>
internal static class WeightConversion
{
    private const float LargestInt8 = 127;
    private const float LargestInt4 = 15;

    // 2¹¹²: floats have 127 for the exponent 0, halves 15.
    private const float HalfUnit = 5.192296858534828e33f;

    // A group that four vectors hold. Shorter ones, and those with NaN, are rounded number by number.
    private const int WholeGroup = 32;
    private const int Lanes = 8;

    /// <summary>Rounds to nearest even; a NaN stays one.</summary>
    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint rounded = float.IsNaN(value) ? bits | 0x0040_0000 : bits + 0x7FFF + ((bits >> 16) & 1);
        return (ushort)(rounded >> 16);
    }

    /// <summary>Rounds to half precision, to nearest even; beyond its range to infinity. A NaN stays one, as
    /// the runtime's conversion has it.</summary>
    /// <remarks>Not by a general library: while weights are loaded, its generic methods run before they are optimised.</remarks>
    /// <param name="values">The values.</param>
    /// <param name="halves">As many halves.</param>
    /// <param name="count">A multiple of 8.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void ToHalves(float* values, ushort* halves, int count)
    {
        // The bits of 2⁻¹⁴, the least normal half; of 2¹⁶, beyond the largest; of infinity; and of what makes floats end where halves do.
        Vector256<uint> normal = Vector256.Create(0x3880_0000u), beyond = Vector256.Create(0x4780_0000u);
        Vector256<uint> infinity = Vector256.Create(0x7F80_0000u), step = Vector256.Create(0x3F00_0000u);
        for (int i = 0; i < count; i += Lanes)
        {
            Vector256<uint> bits = Vector256.Load((uint*)values + i);
            Vector256<uint> magnitude = bits & Vector256.Create(0x7FFF_FFFFu), sign = (bits ^ magnitude) >>> 16;
            Vector256<uint> odd = (magnitude >>> 13) & Vector256<uint>.One;
            Vector256<uint> half = (magnitude - Vector256.Create(0x3800_0000u) + Vector256.Create(0xFFFu) + odd) >>> 13;
            Vector256<uint> subnormal = (magnitude.AsSingle() + step.AsSingle()).AsUInt32() - step;
            half = Vector256.ConditionalSelect(Vector256.LessThan(magnitude, normal), subnormal, half);
            half = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(magnitude, beyond), Vector256.Create(0x7C00u), half);
            Vector256<uint> nan = ((magnitude >>> 13) & Vector256.Create(0x3FFu)) | Vector256.Create(0x7E00u);
            half = Vector256.ConditionalSelect(Vector256.GreaterThan(magnitude, infinity), nan, half);
            half |= sign;
            Vector128.Narrow(half.GetLower(), half.GetUpper()).Store(halves + i);
        }
    }

    /// <summary>Widens numbers of half precision without loss.</summary>
    /// <remarks>Not by a general library, see <see cref="ToHalves"/>.</remarks>
    /// <param name="halves">The halves.</param>
    /// <param name="values">As many values.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromHalves(ReadOnlySpan<ushort> halves, Span<float> values)
    {
        ref ushort source = ref MemoryMarshal.GetReference(halves);
        ref float target = ref MemoryMarshal.GetReference(values[..halves.Length]);
        int i = 0;
        for (; i <= halves.Length - (2 * Lanes); i += 2 * Lanes)
        {
            (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.LoadUnsafe(ref source, (nuint)i));
            FromHalves(lower).StoreUnsafe(ref target, (nuint)i);
            FromHalves(upper).StoreUnsafe(ref target, (nuint)(i + Lanes));
        }

        for (; i < halves.Length; i++)
            values[i] = (float)BitConverter.UInt16BitsToHalf(halves[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> FromHalves(Vector256<uint> halves)
    {
        Vector256<uint> magnitude = halves & Vector256.Create(0x7FFFu), infinity = Vector256.Create(0x7C00u);
        Vector256<uint> special = Vector256.GreaterThanOrEqual(magnitude, infinity) & Vector256.Create(0x7F80_0000u);
        Vector256<uint> quiet = Vector256.GreaterThan(magnitude, infinity) & Vector256.Create(0x0040_0000u);
        return (FromFinite(magnitude).AsUInt32() | special | quiet | ((halves ^ magnitude) << 16)).AsSingle();
    }

    /// <summary>Widens halves without a sign. A half's bits in the place of a float's make it too small by a power of two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> FromFinite(Vector256<uint> halves) => (halves << 13).AsSingle() * Vector256.Create(HalfUnit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromBFloat16(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>Rounds a group to multiples of its scale, the largest magnitude / 127. Weights beyond 127 times the largest half are cut to
    /// that.</summary>
    /// <param name="group">Up to 32 weights.</param>
    /// <param name="rounded">As many numbers from −127 to 127.</param>
    /// <returns>The scale.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Half ToInt8(ReadOnlySpan<float> group, Span<sbyte> rounded)
    {
        Half scale = ToFiniteHalf(LargestMagnitude(group) / LargestInt8);
        float inverse = scale == Half.Zero ? 0 : 1 / (float)scale;
        if (group.Length == WholeGroup && !Half.IsNaN(scale))
        {
            RoundWhole(group, inverse).CopyTo(rounded);
            return scale;
        }

        for (int i = 0; i < group.Length; i++)
            rounded[i] = (sbyte)Math.Clamp(MathF.Round(group[i] * inverse), -LargestInt8, LargestInt8);
        return scale;
    }

    /// <summary>Rounds eight whole groups as <see cref="ToInt8"/> does, their scales all at once.</summary>
    /// <param name="values">256 weights.</param>
    /// <param name="rounded">As many numbers from −127 to 127.</param>
    /// <param name="scales">A scale for each group, in half precision.</param>
    /// <returns>False, and nothing is written, if there is a NaN.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe bool TryToInt8(float* values, sbyte* rounded, ushort* scales)
    {
        float* each = stackalloc float[Lanes];
        Vector256<float> numbers = Vector256<float>.AllBitsSet;
        for (int group = 0; group < Lanes; group++)
        {
            float* first = values + (group * WholeGroup);
            Vector256<float> a = Vector256.Load(first), b = Vector256.Load(first + Lanes);
            Vector256<float> c = Vector256.Load(first + (2 * Lanes)), d = Vector256.Load(first + (3 * Lanes));
            numbers &= Vector256.Equals(a, a) & Vector256.Equals(b, b) & Vector256.Equals(c, c) & Vector256.Equals(d, d);
            Vector256<float> largest = Vector256.MaxNative(
                Vector256.MaxNative(Vector256.Abs(a), Vector256.Abs(b)), Vector256.MaxNative(Vector256.Abs(c), Vector256.Abs(d)));
            each[group] = Largest(largest);
        }

        if (!Vector256.EqualsAll(numbers.AsUInt32(), Vector256<uint>.AllBitsSet))
            return false;
        Vector256<float> exact = Vector256.Load(each) / Vector256.Create(LargestInt8);
        Vector256.MinNative(exact, Vector256.Create((float)Half.MaxValue)).Store(each);
        ToHalves(each, scales, Lanes);

        Vector256<float> scale = FromFinite(Vector256.WidenLower(Vector128.Load(scales).ToVector256()));
        Vector256<float> inverse = Vector256<float>.One / scale;
        Vector256.ConditionalSelect(Vector256.Equals(scale, Vector256<float>.Zero), Vector256<float>.Zero, inverse).Store(each);
        for (int group = 0; group < Lanes; group++, values += WholeGroup, rounded += WholeGroup)
        {
            ReadOnlySpan<float> part = new(values, WholeGroup);
            RoundWhole(part, each[group]).Store(rounded);
        }

        return true;
    }

    /// <summary>Cuts the range of a group into 15 equal steps and rounds to them: w ≈ scale · q − offset.</summary>
    /// <param name="group">Up to 32 weights.</param>
    /// <param name="rounded">As many numbers from 0 to 15.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (Half Scale, Half Offset) ToInt4(ReadOnlySpan<float> group, Span<byte> rounded)
    {
        (float least, float largest) = Range(group);
        Half offset = ToFiniteHalf(-least);
        Half scale = ToFiniteHalf((largest - least) / LargestInt4);
        float inverse = scale == Half.Zero ? 0 : 1 / (float)scale;
        if (group.Length == WholeGroup && !Half.IsNaN(scale))
        {
            Vector256<int> a = Multiples(group, 0, (float)offset, inverse, 0, LargestInt4);
            Vector256<int> b = Multiples(group, 1, (float)offset, inverse, 0, LargestInt4);
            Vector256<int> c = Multiples(group, 2, (float)offset, inverse, 0, LargestInt4);
            Vector256<int> d = Multiples(group, 3, (float)offset, inverse, 0, LargestInt4);
            Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d)).AsByte().CopyTo(rounded);
            return (scale, offset);
        }

        for (int i = 0; i < group.Length; i++)
            rounded[i] = (byte)Math.Clamp(MathF.Round((group[i] + (float)offset) * inverse), 0, LargestInt4);
        return (scale, offset);
    }

    /// <summary>The integers nearest to w · inverse of a whole group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> RoundWhole(ReadOnlySpan<float> group, float inverse)
    {
        Vector256<int> a = Multiples(group, 0, 0, inverse, -LargestInt8, LargestInt8);
        Vector256<int> b = Multiples(group, 1, 0, inverse, -LargestInt8, LargestInt8);
        Vector256<int> c = Multiples(group, 2, 0, inverse, -LargestInt8, LargestInt8);
        Vector256<int> d = Multiples(group, 3, 0, inverse, -LargestInt8, LargestInt8);
        return Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d));
    }

    /// <summary>The integers nearest to (w + offset) · inverse of one of a group's four vectors, between two limits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Multiples(
        ReadOnlySpan<float> group, int vector, float offset, float inverse, float least, float largest)
    {
        Vector256<float> multiples = Vector256.Round((Load(group, vector) + Vector256.Create(offset)) * Vector256.Create(inverse));
        return Vector256.ConvertToInt32Native(
            Vector256.MinNative(Vector256.MaxNative(multiples, Vector256.Create(least)), Vector256.Create(largest)));
    }

    /// <summary>The largest magnitude; NaN if there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float LargestMagnitude(ReadOnlySpan<float> group)
    {
        if (!IsWholeWithoutNaN(group))
            return MathF.Abs(TensorPrimitives.MaxMagnitude(group));
        Vector256<float> a = Vector256.MaxNative(Vector256.Abs(Load(group, 0)), Vector256.Abs(Load(group, 1)));
        Vector256<float> b = Vector256.MaxNative(Vector256.Abs(Load(group, 2)), Vector256.Abs(Load(group, 3)));
        return Largest(Vector256.MaxNative(a, b));
    }

    /// <summary>The least and the largest number; NaN if there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (float Least, float Largest) Range(ReadOnlySpan<float> group)
    {
        if (!IsWholeWithoutNaN(group))
            return (TensorPrimitives.Min(group), TensorPrimitives.Max(group));
        Vector256<float> a = Load(group, 0), b = Load(group, 1), c = Load(group, 2), d = Load(group, 3);
        Vector256<float> largest = Vector256.Max(Vector256.Max(a, b), Vector256.Max(c, d));
        Vector256<float> least = Vector256.Min(Vector256.Min(a, b), Vector256.Min(c, d));
        return (-Largest(-least), Largest(largest));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsWholeWithoutNaN(ReadOnlySpan<float> group)
    {
        if (group.Length != WholeGroup)
            return false;
        Vector256<float> a = Load(group, 0), b = Load(group, 1), c = Load(group, 2), d = Load(group, 3);
        return Vector256.EqualsAll(a, a) && Vector256.EqualsAll(b, b) && Vector256.EqualsAll(c, c) && Vector256.EqualsAll(d, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load(ReadOnlySpan<float> group, int vector) =>
        Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(group), (nuint)(vector * Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(Vector256<float> values)
    {
        Vector128<float> four = Vector128.Max(values.GetLower(), values.GetUpper());
        Vector128<float> two = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Vector128.Max(two, Vector128.Shuffle(two, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Half ToFiniteHalf(float value) => (Half)Math.Clamp(value, (float)Half.MinValue, (float)Half.MaxValue);
}
