using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>A number as a state stores it, so that a kernel is written once for every format; arithmetic is in float32.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
internal unsafe interface IStoredValue<TSelf>
    where TSelf : unmanaged, IStoredValue<TSelf>
{
    static abstract TVector Load<TVector>(TSelf* source)
        where TVector : unmanaged, IFloatVector<TVector>;

    static abstract float Widen(TSelf value);
}

/// <summary>A number that is rounded on its own, without regard to its neighbours.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
internal unsafe interface IStoredFloat<TSelf> : IStoredValue<TSelf>
    where TSelf : unmanaged, IStoredFloat<TSelf>
{
    /// <summary>Stores a vector, rounded to nearest even.</summary>
    static abstract void Store<TVector>(TVector value, TSelf* target)
        where TVector : unmanaged, IFloatVector<TVector>;

    /// <summary>Rounds to nearest even.</summary>
    static abstract TSelf Round(float value);
}

/// <summary>A float32.</summary>
internal readonly unsafe struct StoredFloat32(float value) : IStoredFloat<StoredFloat32>
{
    private readonly float _value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(StoredFloat32* source)
        where TVector : unmanaged, IFloatVector<TVector> => TVector.Load((float*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TVector>(TVector value, StoredFloat32* target)
        where TVector : unmanaged, IFloatVector<TVector> => TVector.Store(value, (float*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Widen(StoredFloat32 value) => value._value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static StoredFloat32 Round(float value) => new(value);
}

/// <summary>A bfloat16: the upper half of a float32.</summary>
internal readonly unsafe struct StoredBFloat16(ushort bits) : IStoredFloat<StoredBFloat16>
{
    private readonly ushort _bits = bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(StoredBFloat16* source)
        where TVector : unmanaged, IFloatVector<TVector> => TVector.LoadBFloat16((ushort*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TVector>(TVector value, StoredBFloat16* target)
        where TVector : unmanaged, IFloatVector<TVector> => TVector.StoreBFloat16(value, (ushort*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Widen(StoredBFloat16 value) => WeightConversion.FromBFloat16(value._bits);

    public static StoredBFloat16 Round(float value) => new(WeightConversion.ToBFloat16(value));
}

/// <summary>An integer from −127 to 127, which a factor of its row belongs to.</summary>
internal readonly unsafe struct StoredInt8(sbyte value) : IStoredValue<StoredInt8>
{
    private readonly sbyte _value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(StoredInt8* source)
        where TVector : unmanaged, IFloatVector<TVector> => TVector.LoadInt8((sbyte*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Widen(StoredInt8 value) => value._value;
}
