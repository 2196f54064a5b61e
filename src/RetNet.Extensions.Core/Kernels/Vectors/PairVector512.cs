using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>16 pairs in a 512-bit register.</summary>
internal readonly unsafe struct PairVector512(Vector512<int> value) : IPairVector<PairVector512, FloatVector512>
{
    private readonly Vector512<int> _value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector512 Load(short* pairs) => new(Vector512.Load((int*)pairs));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector512 LoadInt8(sbyte* pairs) =>
        new((Avx512BW.IsSupported
            ? Avx512BW.ConvertToVector512Int16(Vector256.Load(pairs))
            : Vector512.WidenLower(Vector256.Load(pairs).ToVector512Unsafe())).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector512 LoadLowerNibbles(byte* pairs) => new((Widen(pairs) & Vector512.Create((short)15)).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector512 LoadUpperNibbles(byte* pairs) => new((Widen(pairs) >>> 4).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector512 Broadcast(short* pair) => new(Vector512.Create(*(int*)pair));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(PairVector512 value, short* target) => value._value.Store((int*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector512 MultiplyAdd(PairVector512 a, PairVector512 b, PairVector512 sum)
    {
        if (Avx512BW.IsSupported)
            return new(sum._value + Avx512BW.MultiplyAddAdjacent(a._value.AsInt16(), b._value.AsInt16()));

        // The first numbers, then the second ones, each widened to 32 bits in its lane.
        Vector512<int> first = ((a._value << 16) >> 16) * ((b._value << 16) >> 16);
        return new(sum._value + first + ((a._value >> 16) * (b._value >> 16)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector512 ToFloat(PairVector512 sums) => new(Vector512.ConvertToSingle(sums._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Widen(byte* source) =>
        Avx512BW.IsSupported
            ? Avx512BW.ConvertToVector512Int16(Vector256.Load(source))
            : Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()).AsInt16();
}
