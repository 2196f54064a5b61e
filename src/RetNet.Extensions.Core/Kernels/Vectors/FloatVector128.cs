using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>4 floats in a 128-bit register.</summary>
internal readonly unsafe struct FloatVector128(Vector128<float> value) : IFloatVector<FloatVector128>
{
    private readonly Vector128<float> _value = value;

    public static int Count => 4;

    public static FloatVector128 Zero => new(Vector128<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 Broadcast(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 LoadBFloat16(ushort* source) => new((Widen(source) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 LoadBFloat16First(ushort* pairs) => new((Vector128.Load((uint*)pairs) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 LoadBFloat16Second(ushort* pairs) =>
        new((Vector128.Load((uint*)pairs) & Vector128.Create(0xFFFF_0000)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 LoadInt8(sbyte* source) =>
        new(Vector128.ConvertToSingle(Sse41.IsSupported
            ? Sse41.ConvertToVector128Int32(source)
            : Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(int*)source).AsSByte()))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 LoadHalf(ushort* source)
    {
        // Exponent and mantissa in their places of a float, 2^112 too small; infinities and NaNs have all bits of the exponent set.
        Vector128<uint> bits = Widen(source);
        Vector128<uint> sign = (bits & Vector128.Create(0x8000u)) << 16;
        Vector128<uint> shifted = (bits & Vector128.Create(0x7FFFu)) << 13;
        Vector128<float> magnitude = shifted.AsSingle() * Vector128.Create(5.192296858534828e33f);
        Vector128<uint> isFinite = Vector128.LessThan(shifted.AsInt32(), Vector128.Create(0x7C00 << 13)).AsUInt32();
        magnitude = Vector128.ConditionalSelect(isFinite, magnitude.AsUInt32(), shifted | Vector128.Create(0x7F80_0000u)).AsSingle();
        return new((magnitude.AsUInt32() | sign).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(FloatVector128 value, float* target) => value._value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 Add(FloatVector128 a, FloatVector128 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 Multiply(FloatVector128 a, FloatVector128 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 Divide(FloatVector128 a, FloatVector128 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 MultiplyAdd(FloatVector128 a, FloatVector128 b, FloatVector128 c) =>
        new(Vector128.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 Max(FloatVector128 a, FloatVector128 b) => new(Vector128.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(FloatVector128 value) => Vector128.Sum(value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumEach(FloatVector128 a, FloatVector128 b, FloatVector128 c, FloatVector128 d, float* target)
    {
        if (Sse.IsSupported)
        {
            Vector128<float> ab = Sse.UnpackLow(a._value, b._value) + Sse.UnpackHigh(a._value, b._value);
            Vector128<float> cd = Sse.UnpackLow(c._value, d._value) + Sse.UnpackHigh(c._value, d._value);
            (Sse.MoveLowToHigh(ab, cd) + Sse.MoveHighToLow(cd, ab)).Store(target);
        }
        else if (AdvSimd.Arm64.IsSupported)
        {
            AdvSimd.Arm64.AddPairwise(AdvSimd.Arm64.AddPairwise(a._value, b._value), AdvSimd.Arm64.AddPairwise(c._value, d._value))
                .Store(target);
        }
        else
        {
            Vector128.Create(Sum(a), Sum(b), Sum(c), Sum(d)).Store(target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(FloatVector128 value)
    {
        Vector128<float> pairs = Vector128.MaxNative(value._value, Vector128.Shuffle(value._value, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(pairs, Vector128.Shuffle(pairs, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBFloat16(FloatVector128 value, ushort* target)
    {
        Vector128<uint> rounded = Rounded(value._value);
        *(ulong*)target = Vector128.Narrow(rounded, rounded).AsUInt64().ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 PowerOfTwo(FloatVector128 shifted) =>
        new((Vector128.ShiftLeft(shifted._value.AsInt32(), 23) + Vector128.Create(0x3F80_0000)).AsSingle());

    // Adds half of the last kept place, minus one where that place is even; a NaN becomes a quiet NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Rounded(Vector128<float> value)
    {
        Vector128<uint> bits = value.AsUInt32();
        Vector128<uint> rounded = bits + Vector128.Create(0x7FFFu) + (Vector128.ShiftRightLogical(bits, 16) & Vector128<uint>.One);
        Vector128<uint> quiet = bits | Vector128.Create(0x0040_0000u);
        return Vector128.ShiftRightLogical(Vector128.ConditionalSelect(Vector128.Equals(value, value).AsUInt32(), rounded, quiet), 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Widen(ushort* source) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16());
}
