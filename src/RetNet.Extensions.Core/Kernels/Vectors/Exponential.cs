using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>The exponential function of vectors, for softmaxes, and the sigmoid.</summary>
internal static class Exponential
{
    private const float Log2E = 1.44269504f;

    // ln 2 in two parts, of which the first has few digits, so that its product with a small integer is exact.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    // Adding it rounds to an integer, which then stands in the lowest bits.
    private const float Shift = 12582912;

    /// <summary>e^x for x up to 88, to two units in the last place; 0 below −87.7, and exactly 1 for 0.</summary>
    /// <remarks>e^x = 2ⁿ e^r with n = round(x / ln 2) and |r| ≤ ln 2 / 2, where a polynomial of degree 7 does (the coefficients are those
    /// of Cephes' expf).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of<TVector>(TVector x)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        // n = −127 stands for 0.
        x = TVector.Max(TVector.Broadcast(-127 / Log2E), x);
        TVector shifted = TVector.MultiplyAdd(x, TVector.Broadcast(Log2E), TVector.Broadcast(Shift));
        TVector n = TVector.Add(shifted, TVector.Broadcast(-Shift));
        TVector r = TVector.MultiplyAdd(n, TVector.Broadcast(-Ln2High), x);
        r = TVector.MultiplyAdd(n, TVector.Broadcast(-Ln2Low), r);
        TVector p = TVector.MultiplyAdd(TVector.Broadcast(1.9875691500e-4f), r, TVector.Broadcast(1.3981999507e-3f));
        p = TVector.MultiplyAdd(p, r, TVector.Broadcast(8.3334519073e-3f));
        p = TVector.MultiplyAdd(p, r, TVector.Broadcast(4.1665795894e-2f));
        p = TVector.MultiplyAdd(p, r, TVector.Broadcast(1.6666665459e-1f));
        p = TVector.MultiplyAdd(p, r, TVector.Broadcast(5.0000001201e-1f));
        p = TVector.MultiplyAdd(p, TVector.Multiply(r, r), TVector.Add(r, TVector.Broadcast(1)));
        return TVector.Multiply(p, TVector.PowerOfTwo(shifted));
    }

    /// <summary>σ(x) = 1 / (1 + e^(−x)), of any x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid<TVector>(TVector x)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        TVector one = TVector.Broadcast(1);
        TVector minus = TVector.Multiply(TVector.Max(TVector.Broadcast(-88), x), TVector.Broadcast(-1));
        return TVector.Divide(one, TVector.Add(one, Of(minus)));
    }
}
