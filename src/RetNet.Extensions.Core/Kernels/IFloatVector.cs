namespace RetNet.Extensions.Core.Kernels;

/// <summary>A hardware vector of floats, so that a kernel is written once for every width.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
internal unsafe interface IFloatVector<TSelf>
    where TSelf : unmanaged, IFloatVector<TSelf>
{
    /// <summary>The number of floats.</summary>
    static abstract int Count { get; }

    static abstract TSelf Zero { get; }

    static abstract TSelf Broadcast(float value);

    static abstract TSelf Load(float* source);

    /// <summary>Loads bfloat16 values: the upper halves of floats.</summary>
    static abstract TSelf LoadBFloat16(ushort* source);

    static abstract TSelf LoadInt8(sbyte* source);

    static abstract void Store(TSelf value, float* target);

    static abstract TSelf Add(TSelf a, TSelf b);

    static abstract TSelf Multiply(TSelf a, TSelf b);

    /// <summary>a · b + c, rounded once.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    static abstract float Sum(TSelf value);
}
