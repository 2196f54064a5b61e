using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>A hardware vector of floats, so that a kernel is written once for every width.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
internal unsafe interface IFloatVector<TSelf> : IVectorRow<TSelf, TSelf>
    where TSelf : unmanaged, IFloatVector<TSelf>
{
    /// <summary>The number of floats.</summary>
    static abstract int Count { get; }

    static abstract TSelf Zero { get; }

    static abstract TSelf Broadcast(float value);

    /// <summary>Loads bfloat16 values: the upper halves of floats.</summary>
    static abstract TSelf LoadBFloat16(ushort* source);

    /// <summary>Loads the first values of pairs of bfloat16, one pair per lane.</summary>
    static abstract TSelf LoadBFloat16First(ushort* pairs);

    /// <summary>Loads the second values of pairs of bfloat16, one pair per lane.</summary>
    static abstract TSelf LoadBFloat16Second(ushort* pairs);

    /// <summary>Loads half-precision values, exactly.</summary>
    static abstract TSelf LoadHalf(ushort* source);

    /// <summary>Loads signed bytes.</summary>
    static abstract TSelf LoadInt8(sbyte* source);

    static abstract TSelf Multiply(TSelf a, TSelf b);

    static abstract TSelf Divide(TSelf a, TSelf b);

    /// <summary>The larger of each pair; b where a is NaN.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    static abstract float Sum(TSelf value);

    /// <summary>Writes the sums of four vectors; each is formed in the same order, whichever of the four it is.</summary>
    static abstract void SumEach(TSelf a, TSelf b, TSelf c, TSelf d, float* target);

    static abstract float Largest(TSelf value);

    /// <summary>Stores bfloat16 values, rounded to nearest even; a NaN stays one.</summary>
    static abstract void StoreBFloat16(TSelf value, ushort* target);

    /// <summary>2ⁿ of values n + 1.5 · 2²³ with integers n from −126 to 127; 0 for n = −127.</summary>
    static abstract TSelf PowerOfTwo(TSelf shifted);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TSelf IVectorRow<TSelf, TSelf>.LoadStored<TStored>(TStored* source) => TStored.Load<TSelf>(source);
}
