namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>A vector of pairs of integers, or some of them next to each other: what <see cref="IVectorRow{TSelf, TVector}"/> is for
/// floats.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
/// <typeparam name="TPairs">The vector of pairs.</typeparam>
/// <typeparam name="TRow">As many floats.</typeparam>
/// <typeparam name="TVector">A vector of floats.</typeparam>
internal unsafe interface IPairRow<TSelf, TPairs, TRow, TVector>
    where TSelf : unmanaged, IPairRow<TSelf, TPairs, TRow, TVector>
    where TPairs : unmanaged
    where TRow : unmanaged
    where TVector : unmanaged
{
    static abstract TSelf Load(short* pairs);

    /// <summary>sum + a₀ b₀ + a₁ b₁ in every lane, the pair being the same for each vector of the row; exact.</summary>
    static abstract TSelf MultiplyAdd(TPairs pair, TSelf row, TSelf sum);

    /// <summary>sum + products · (scales · factor); the product of both scales is rounded, then the rest once.</summary>
    static abstract TRow AddScaled(TSelf products, TRow scales, TVector factor, TRow sum);
}
