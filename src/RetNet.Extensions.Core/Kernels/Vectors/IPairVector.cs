namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>A hardware vector of pairs of 16-bit integers, or of the 32-bit sums of their products: a pair and a sum take one
/// lane.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
/// <typeparam name="TFloat">The vector of as many floats.</typeparam>
internal unsafe interface IPairVector<TSelf, TFloat>
    where TSelf : unmanaged, IPairVector<TSelf, TFloat>
    where TFloat : unmanaged, IFloatVector<TFloat>
{
    static abstract TSelf Zero { get; }

    static abstract TSelf Load(short* pairs);

    /// <summary>Loads pairs of signed bytes.</summary>
    static abstract TSelf LoadInt8(sbyte* pairs);

    /// <summary>Loads pairs of the numbers 0 to 15 in the lower halves of bytes.</summary>
    static abstract TSelf LoadLowerNibbles(byte* pairs);

    /// <summary>Loads pairs of the numbers 0 to 15 in the upper halves of bytes.</summary>
    static abstract TSelf LoadUpperNibbles(byte* pairs);

    /// <summary>One pair in every lane.</summary>
    static abstract TSelf Broadcast(short* pair);

    static abstract void Store(TSelf value, short* target);

    /// <summary>sum + a₀ b₀ + a₁ b₁ in every lane; exact.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf sum);

    /// <summary>The sums as floats, to nearest even.</summary>
    static abstract TFloat ToFloat(TSelf sums);
}
