using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>Two vectors next to each other.</summary>
internal readonly unsafe struct Two<TVector>(TVector v0, TVector v1) : IVectorRow<Two<TVector>, TVector>
    where TVector : unmanaged, IFloatVector<TVector>
{
    public readonly TVector V0 = v0;
    public readonly TVector V1 = v1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Two<TVector> Load(float* source) => new(TVector.Load(source), TVector.Load(source + TVector.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Two<TVector> LoadStored<TStored>(TStored* source)
        where TStored : unmanaged, IStoredValue<TStored> =>
        new(TStored.Load<TVector>(source), TStored.Load<TVector>(source + TVector.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Two<TVector> row, float* target)
    {
        TVector.Store(row.V0, target);
        TVector.Store(row.V1, target + TVector.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Two<TVector> Add(Two<TVector> a, Two<TVector> b) => new(TVector.Add(a.V0, b.V0), TVector.Add(a.V1, b.V1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Two<TVector> MultiplyAdd(TVector factor, Two<TVector> row, Two<TVector> sum) =>
        new(TVector.MultiplyAdd(factor, row.V0, sum.V0), TVector.MultiplyAdd(factor, row.V1, sum.V1));
}
