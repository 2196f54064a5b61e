using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>4 pairs in a 128-bit register.</summary>
internal readonly unsafe struct PairVector128(Vector128<int> value) : IPairVector<PairVector128, FloatVector128>
{
    private readonly Vector128<int> _value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector128 Load(short* pairs) => new(Vector128.Load((int*)pairs));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector128 LoadInt8(sbyte* pairs) =>
        new(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)pairs).AsSByte()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector128 LoadLowerNibbles(byte* pairs) => new((Widen(pairs) & Vector128.Create((ushort)15)).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector128 LoadUpperNibbles(byte* pairs) => new((Widen(pairs) >>> 4).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector128 Broadcast(short* pair) => new(Vector128.Create(*(int*)pair));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(PairVector128 value, short* target) => value._value.Store((int*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PairVector128 MultiplyAdd(PairVector128 a, PairVector128 b, PairVector128 sum)
    {
        Vector128<short> x = a._value.AsInt16(), y = b._value.AsInt16();
        if (Sse2.IsSupported)
            return new(sum._value + Sse2.MultiplyAddAdjacent(x, y));
        if (AdvSimd.Arm64.IsSupported)
        {
            Vector128<int> lower = AdvSimd.MultiplyWideningLower(x.GetLower(), y.GetLower());
            return new(sum._value + AdvSimd.Arm64.AddPairwise(lower, AdvSimd.MultiplyWideningUpper(x, y)));
        }

        Vector128<int> first = ((a._value << 16) >> 16) * ((b._value << 16) >> 16);
        return new(sum._value + first + ((a._value >> 16) * (b._value >> 16)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatVector128 ToFloat(PairVector128 sums) => new(Vector128.ConvertToSingle(sums._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Widen(byte* source) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)source).AsByte());
}
