using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>8 floats in a 256-bit register.</summary>
internal readonly unsafe struct FloatVector256(Vector256<float> value) : IFloatVector<FloatVector256>
{
    private readonly Vector256<float> _value = value;

    public static int Count => 8;

    public static FloatVector256 Zero => new(Vector256<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 Broadcast(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 LoadBFloat16(ushort* source) => new((Widen(source) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 LoadBFloat16First(ushort* pairs) => new((Vector256.Load((uint*)pairs) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 LoadBFloat16Second(ushort* pairs) =>
        new((Vector256.Load((uint*)pairs) & Vector256.Create(0xFFFF_0000)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 LoadInt8(sbyte* source) =>
        new(Vector256.ConvertToSingle(Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(source)
            : Vector256.WidenLower(Vector256.WidenLower(Vector256.CreateScalarUnsafe(*(long*)source).AsSByte()))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 LoadHalf(ushort* source)
    {
        // Exponent and mantissa in their places of a float, 2^112 too small; infinities and NaNs have all bits of the exponent set.
        Vector256<uint> bits = Widen(source);
        Vector256<uint> sign = (bits & Vector256.Create(0x8000u)) << 16;
        Vector256<uint> shifted = (bits & Vector256.Create(0x7FFFu)) << 13;
        Vector256<float> magnitude = shifted.AsSingle() * Vector256.Create(5.192296858534828e33f);
        Vector256<uint> isFinite = Vector256.LessThan(shifted.AsInt32(), Vector256.Create(0x7C00 << 13)).AsUInt32();
        magnitude = Vector256.ConditionalSelect(isFinite, magnitude.AsUInt32(), shifted | Vector256.Create(0x7F80_0000u)).AsSingle();
        return new((magnitude.AsUInt32() | sign).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(FloatVector256 value, float* target) => value._value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 Add(FloatVector256 a, FloatVector256 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 Multiply(FloatVector256 a, FloatVector256 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 Divide(FloatVector256 a, FloatVector256 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 MultiplyAdd(FloatVector256 a, FloatVector256 b, FloatVector256 c) =>
        new(Vector256.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 Max(FloatVector256 a, FloatVector256 b) => new(Vector256.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(FloatVector256 value) => Vector256.Sum(value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumEach(FloatVector256 a, FloatVector256 b, FloatVector256 c, FloatVector256 d, float* target)
    {
        if (Avx.IsSupported)
        {
            Vector256<float> ab = Avx.UnpackLow(a._value, b._value) + Avx.UnpackHigh(a._value, b._value);
            Vector256<float> cd = Avx.UnpackLow(c._value, d._value) + Avx.UnpackHigh(c._value, d._value);
            Vector256<float> sums = Avx.Shuffle(ab, cd, 0x44) + Avx.Shuffle(ab, cd, 0xEE);
            (sums.GetLower() + sums.GetUpper()).Store(target);
        }
        else
        {
            FloatVector128.SumEach(Halve(a), Halve(b), Halve(c), Halve(d), target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(FloatVector256 value) =>
        FloatVector128.Largest(new(Vector128.MaxNative(value._value.GetLower(), value._value.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBFloat16(FloatVector256 value, ushort* target)
    {
        Vector256<uint> rounded = Rounded(value._value);
        Vector128.Narrow(rounded.GetLower(), rounded.GetUpper()).Store(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 PowerOfTwo(FloatVector256 shifted) =>
        new((Vector256.ShiftLeft(shifted._value.AsInt32(), 23) + Vector256.Create(0x3F80_0000)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FloatVector128 Halve(FloatVector256 value) => new(value._value.GetLower() + value._value.GetUpper());

    // Adds half of the last kept place, minus one where that place is even; a NaN becomes a quiet NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rounded(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<uint> rounded = bits + Vector256.Create(0x7FFFu) + (Vector256.ShiftRightLogical(bits, 16) & Vector256<uint>.One);
        Vector256<uint> quiet = bits | Vector256.Create(0x0040_0000u);
        return Vector256.ShiftRightLogical(Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), rounded, quiet), 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Widen(ushort* source) =>
        Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(Vector128.Load(source)).AsUInt32()
            : Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe());
}
