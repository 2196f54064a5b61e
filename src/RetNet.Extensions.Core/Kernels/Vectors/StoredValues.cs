namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>Conversion of stored values from and to float32.</summary>
internal static unsafe class StoredValues
{
    /// <summary><c>target = factor · source</c>.</summary>
    public static void Widen<TStored>(TStored* source, float* target, int count, float factor)
        where TStored : unmanaged, IStoredFloat<TStored>
    {
        if (VectorWidth.Is512)
            Widen<FloatVector512, TStored>(source, target, count, factor);
        else if (VectorWidth.Is256)
            Widen<FloatVector256, TStored>(source, target, count, factor);
        else
            Widen<FloatVector128, TStored>(source, target, count, factor);
    }

    /// <summary>Rounds to nearest even.</summary>
    public static void Round<TStored>(float* source, TStored* target, int count)
        where TStored : unmanaged, IStoredFloat<TStored>
    {
        if (VectorWidth.Is512)
            Round<FloatVector512, TStored>(source, target, count);
        else if (VectorWidth.Is256)
            Round<FloatVector256, TStored>(source, target, count);
        else
            Round<FloatVector128, TStored>(source, target, count);
    }

    internal static void Widen<TVector, TStored>(TStored* source, float* target, int count, float factor)
        where TVector : unmanaged, IFloatVector<TVector>
        where TStored : unmanaged, IStoredFloat<TStored>
    {
        TVector all = TVector.Broadcast(factor);
        int i = 0;
        for (; i + TVector.Count <= count; i += TVector.Count)
            TVector.Store(TVector.Multiply(all, TStored.Load<TVector>(source + i)), target + i);
        for (; i < count; i++)
            target[i] = factor * TStored.Widen(source[i]);
    }

    internal static void Round<TVector, TStored>(float* source, TStored* target, int count)
        where TVector : unmanaged, IFloatVector<TVector>
        where TStored : unmanaged, IStoredFloat<TStored>
    {
        int i = 0;
        for (; i + TVector.Count <= count; i += TVector.Count)
            TStored.Store(TVector.Load(source + i), target + i);
        for (; i < count; i++)
            target[i] = TStored.Round(source[i]);
    }
}
