using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>Two vectors of pairs next to each other.</summary>
internal readonly unsafe struct TwoPairs<TPairs, TVector>(TPairs v0, TPairs v1)
    : IPairRow<TwoPairs<TPairs, TVector>, TPairs, Two<TVector>, TVector>
    where TVector : unmanaged, IFloatVector<TVector>
    where TPairs : unmanaged, IPairVector<TPairs, TVector>
{
    private readonly TPairs _v0 = v0;
    private readonly TPairs _v1 = v1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TwoPairs<TPairs, TVector> Load(short* pairs) => new(TPairs.Load(pairs), TPairs.Load(pairs + (2 * TVector.Count)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TwoPairs<TPairs, TVector> MultiplyAdd(TPairs pair, TwoPairs<TPairs, TVector> row, TwoPairs<TPairs, TVector> sum) =>
        new(TPairs.MultiplyAdd(pair, row._v0, sum._v0), TPairs.MultiplyAdd(pair, row._v1, sum._v1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Two<TVector> AddScaled(TwoPairs<TPairs, TVector> products, Two<TVector> scales, TVector factor, Two<TVector> sum) => new(
        TPairs.AddScaled(products._v0, scales.V0, factor, sum.V0), TPairs.AddScaled(products._v1, scales.V1, factor, sum.V1));
}

/// <summary>Four vectors of pairs next to each other.</summary>
internal readonly unsafe struct FourPairs<TPairs, TVector>(TPairs v0, TPairs v1, TPairs v2, TPairs v3)
    : IPairRow<FourPairs<TPairs, TVector>, TPairs, Four<TVector>, TVector>
    where TVector : unmanaged, IFloatVector<TVector>
    where TPairs : unmanaged, IPairVector<TPairs, TVector>
{
    private readonly TPairs _v0 = v0;
    private readonly TPairs _v1 = v1;
    private readonly TPairs _v2 = v2;
    private readonly TPairs _v3 = v3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FourPairs<TPairs, TVector> Load(short* pairs)
    {
        int w = 2 * TVector.Count;
        return new(TPairs.Load(pairs), TPairs.Load(pairs + w), TPairs.Load(pairs + (2 * w)), TPairs.Load(pairs + (3 * w)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FourPairs<TPairs, TVector> MultiplyAdd(TPairs pair, FourPairs<TPairs, TVector> row, FourPairs<TPairs, TVector> sum) =>
        new(
            TPairs.MultiplyAdd(pair, row._v0, sum._v0), TPairs.MultiplyAdd(pair, row._v1, sum._v1),
            TPairs.MultiplyAdd(pair, row._v2, sum._v2), TPairs.MultiplyAdd(pair, row._v3, sum._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four<TVector> AddScaled(
        FourPairs<TPairs, TVector> products, Four<TVector> scales, TVector factor, Four<TVector> sum) => new(
        TPairs.AddScaled(products._v0, scales.V0, factor, sum.V0), TPairs.AddScaled(products._v1, scales.V1, factor, sum.V1),
        TPairs.AddScaled(products._v2, scales.V2, factor, sum.V2), TPairs.AddScaled(products._v3, scales.V3, factor, sum.V3));
}
