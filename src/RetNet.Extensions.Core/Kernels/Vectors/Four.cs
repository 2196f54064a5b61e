using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>Four vectors next to each other.</summary>
internal readonly unsafe struct Four<TVector>(TVector v0, TVector v1, TVector v2, TVector v3) : IVectorRow<Four<TVector>, TVector>
    where TVector : unmanaged, IFloatVector<TVector>
{
    public readonly TVector V0 = v0;
    public readonly TVector V1 = v1;
    public readonly TVector V2 = v2;
    public readonly TVector V3 = v3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four<TVector> Load(float* source)
    {
        int w = TVector.Count;
        return new(TVector.Load(source), TVector.Load(source + w), TVector.Load(source + (2 * w)), TVector.Load(source + (3 * w)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four<TVector> LoadStored<TStored>(TStored* source)
        where TStored : unmanaged, IStoredValue<TStored>
    {
        int w = TVector.Count;
        return new(
            TStored.Load<TVector>(source), TStored.Load<TVector>(source + w),
            TStored.Load<TVector>(source + (2 * w)), TStored.Load<TVector>(source + (3 * w)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Four<TVector> row, float* target)
    {
        TVector.Store(row.V0, target);
        TVector.Store(row.V1, target + TVector.Count);
        TVector.Store(row.V2, target + (2 * TVector.Count));
        TVector.Store(row.V3, target + (3 * TVector.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four<TVector> Add(Four<TVector> a, Four<TVector> b) =>
        new(TVector.Add(a.V0, b.V0), TVector.Add(a.V1, b.V1), TVector.Add(a.V2, b.V2), TVector.Add(a.V3, b.V3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four<TVector> MultiplyAdd(TVector factor, Four<TVector> row, Four<TVector> sum) => new(
        TVector.MultiplyAdd(factor, row.V0, sum.V0), TVector.MultiplyAdd(factor, row.V1, sum.V1),
        TVector.MultiplyAdd(factor, row.V2, sum.V2), TVector.MultiplyAdd(factor, row.V3, sum.V3));
}
