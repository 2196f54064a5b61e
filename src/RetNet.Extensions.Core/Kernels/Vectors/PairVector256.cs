using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>8 pairs in a 256-bit register.</summary>
internal readonly unsafe struct PairVector256(Vector256<int> value) : IPairVector<PairVector256, FloatVector256>
{
    private readonly Vector256<int> _value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector256 Load(short* pairs) => new(Vector256.Load((int*)pairs));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector256 LoadInt8(sbyte* pairs) =>
        new((Avx2.IsSupported
            ? Avx2.ConvertToVector256Int16(Vector128.Load(pairs))
            : Vector256.WidenLower(Vector128.Load(pairs).ToVector256Unsafe())).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector256 LoadLowerNibbles(byte* pairs) => new((Widen(pairs) & Vector256.Create((short)15)).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector256 LoadUpperNibbles(byte* pairs) => new((Widen(pairs) >>> 4).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector256 Broadcast(short* pair) => new(Vector256.Create(*(int*)pair));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(PairVector256 value, short* target) => value._value.Store((int*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector256 MultiplyAdd(PairVector256 a, PairVector256 b, PairVector256 sum)
    {
        if (Avx2.IsSupported)
            return new(sum._value + Avx2.MultiplyAddAdjacent(a._value.AsInt16(), b._value.AsInt16()));
        Vector256<int> first = ((a._value << 16) >> 16) * ((b._value << 16) >> 16);
        return new(sum._value + first + ((a._value >> 16) * (b._value >> 16)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector256 ToFloat(PairVector256 sums) => new(Vector256.ConvertToSingle(sums._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Widen(byte* source) =>
        Avx2.IsSupported
            ? Avx2.ConvertToVector256Int16(Vector128.Load(source))
            : Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()).AsInt16();
}
