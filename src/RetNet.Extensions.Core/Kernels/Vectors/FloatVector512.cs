using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>16 floats in a 512-bit register.</summary>
internal readonly unsafe struct FloatVector512(Vector512<float> value) : IFloatVector<FloatVector512>
{
    private readonly Vector512<float> _value = value;

    public static int Count => 16;

    public static FloatVector512 Zero => new(Vector512<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 LoadBFloat16(ushort* source) => new((Widen(source) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 LoadBFloat16First(ushort* pairs) => new((Vector512.Load((uint*)pairs) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 LoadBFloat16Second(ushort* pairs) =>
        new((Vector512.Load((uint*)pairs) & Vector512.Create(0xFFFF_0000)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 LoadInt8(sbyte* source) =>
        new(Vector512.ConvertToSingle(Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Int32(Vector128.Load(source))
            : Vector512.WidenLower(Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()).ToVector512Unsafe())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 LoadHalf(ushort* source)
    {
        // Exponent and mantissa in their places of a float, 2^112 too small; infinities and NaNs have all bits of the exponent set.
        Vector512<uint> bits = Widen(source);
        Vector512<uint> sign = (bits & Vector512.Create(0x8000u)) << 16;
        Vector512<uint> shifted = (bits & Vector512.Create(0x7FFFu)) << 13;
        Vector512<float> magnitude = shifted.AsSingle() * Vector512.Create(5.192296858534828e33f);
        Vector512<uint> isFinite = Vector512.LessThan(shifted.AsInt32(), Vector512.Create(0x7C00 << 13)).AsUInt32();
        magnitude = Vector512.ConditionalSelect(isFinite, magnitude.AsUInt32(), shifted | Vector512.Create(0x7F80_0000u)).AsSingle();
        return new((magnitude.AsUInt32() | sign).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(FloatVector512 value, float* target) => value._value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 Add(FloatVector512 a, FloatVector512 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 Multiply(FloatVector512 a, FloatVector512 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 Divide(FloatVector512 a, FloatVector512 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 MultiplyAdd(FloatVector512 a, FloatVector512 b, FloatVector512 c) =>
        new(Vector512.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 Max(FloatVector512 a, FloatVector512 b) => new(Vector512.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(FloatVector512 value) => Vector512.Sum(value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumEach(FloatVector512 a, FloatVector512 b, FloatVector512 c, FloatVector512 d, float* target)
    {
        if (Avx512F.IsSupported)
        {
            Vector512<float> ab = Avx512F.UnpackLow(a._value, b._value) + Avx512F.UnpackHigh(a._value, b._value);
            Vector512<float> cd = Avx512F.UnpackLow(c._value, d._value) + Avx512F.UnpackHigh(c._value, d._value);
            Vector512<float> sums = Avx512F.Shuffle(ab, cd, 0x44) + Avx512F.Shuffle(ab, cd, 0xEE);
            Vector256<float> half = sums.GetLower() + sums.GetUpper();
            (half.GetLower() + half.GetUpper()).Store(target);
        }
        else
        {
            FloatVector256.SumEach(Halve(a), Halve(b), Halve(c), Halve(d), target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(FloatVector512 value) =>
        FloatVector256.Largest(new(Vector256.MaxNative(value._value.GetLower(), value._value.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBFloat16(FloatVector512 value, ushort* target)
    {
        Vector512<uint> rounded = Rounded(value._value);
        if (Avx512F.IsSupported)
            Avx512F.ConvertToVector256UInt16(rounded).Store(target);
        else
            Vector256.Narrow(rounded.GetLower(), rounded.GetUpper()).Store(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 PowerOfTwo(FloatVector512 shifted) =>
        new((Vector512.ShiftLeft(shifted._value.AsInt32(), 23) + Vector512.Create(0x3F80_0000)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FloatVector256 Halve(FloatVector512 value) => new(value._value.GetLower() + value._value.GetUpper());

    // Adds half of the last kept place, minus one where that place is even; a NaN becomes a quiet NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rounded(Vector512<float> value)
    {
        Vector512<uint> bits = value.AsUInt32();
        Vector512<uint> rounded = bits + Vector512.Create(0x7FFFu) + (Vector512.ShiftRightLogical(bits, 16) & Vector512<uint>.One);
        Vector512<uint> quiet = bits | Vector512.Create(0x0040_0000u);
        return Vector512.ShiftRightLogical(Vector512.ConditionalSelect(Vector512.Equals(value, value).AsUInt32(), rounded, quiet), 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Widen(ushort* source) =>
        Avx512F.IsSupported
            ? Avx512F.ConvertToVector512UInt32(Vector256.Load(source))
            : Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe());
}
