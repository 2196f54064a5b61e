using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>A hardware vector of pairs of 16-bit integers, or of the 32-bit sums of their products: a pair and a sum take one
/// lane.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
/// <typeparam name="TFloat">The vector of as many floats.</typeparam>
internal unsafe interface IPairVector<TSelf, TFloat> : IPairRow<TSelf, TSelf, TFloat, TFloat>
    where TSelf : unmanaged, IPairVector<TSelf, TFloat>
    where TFloat : unmanaged, IFloatVector<TFloat>
{
    /// <summary>Loads pairs of signed bytes.</summary>
    static abstract TSelf LoadInt8(sbyte* pairs);

    /// <summary>Loads pairs of the numbers 0 to 15 in the lower halves of bytes.</summary>
    static abstract TSelf LoadLowerNibbles(byte* pairs);

    /// <summary>Loads pairs of the numbers 0 to 15 in the upper halves of bytes.</summary>
    static abstract TSelf LoadUpperNibbles(byte* pairs);

    /// <summary>One pair in every lane.</summary>
    static abstract TSelf Broadcast(short* pair);

    static abstract void Store(TSelf value, short* target);

    /// <summary>The sums as floats, to nearest even.</summary>
    static abstract TFloat ToFloat(TSelf sums);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TFloat IPairRow<TSelf, TSelf, TFloat, TFloat>.AddScaled(TSelf products, TFloat scales, TFloat factor, TFloat sum) =>
        TFloat.MultiplyAdd(TSelf.ToFloat(products), TFloat.Multiply(scales, factor), sum);
}
