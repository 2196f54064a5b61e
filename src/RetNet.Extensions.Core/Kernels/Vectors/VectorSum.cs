using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Kernels.Vectors;

/// <summary>Sums whose order depends on the length only, not on the address: a row has the same sum, bit for bit, wherever it
/// lies.</summary>
internal static unsafe class VectorSum
{
    /// <summary><c>Σ x_i</c>.</summary>
    public static float Sum(ReadOnlySpan<float> x)
    {
        fixed (float* source = x)
        {
            if (VectorWidth.Is512)
                return Sum<FloatVector512>(source, x.Length);
            return VectorWidth.Is256 ? Sum<FloatVector256>(source, x.Length) : Sum<FloatVector128>(source, x.Length);
        }
    }

    /// <summary><c>Σ x_i²</c>.</summary>
    public static float SumOfSquares(ReadOnlySpan<float> x)
    {
        fixed (float* source = x)
        {
            if (VectorWidth.Is512)
                return SumOfSquares<FloatVector512>(source, x.Length);
            return VectorWidth.Is256 ? SumOfSquares<FloatVector256>(source, x.Length) : SumOfSquares<FloatVector128>(source, x.Length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float Sum<TVector>(float* x, int length)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        int lanes = TVector.Count, i = 0;
        TVector s0 = TVector.Zero, s1 = TVector.Zero, s2 = TVector.Zero, s3 = TVector.Zero;
        for (; i + (4 * lanes) <= length; i += 4 * lanes)
        {
            s0 = TVector.Add(s0, TVector.Load(x + i));
            s1 = TVector.Add(s1, TVector.Load(x + i + lanes));
            s2 = TVector.Add(s2, TVector.Load(x + i + (2 * lanes)));
            s3 = TVector.Add(s3, TVector.Load(x + i + (3 * lanes)));
        }

        for (; i + lanes <= length; i += lanes)
            s0 = TVector.Add(s0, TVector.Load(x + i));
        float sum = TVector.Sum(TVector.Add(TVector.Add(s0, s1), TVector.Add(s2, s3)));
        for (; i < length; i++)
            sum += x[i];
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float SumOfSquares<TVector>(float* x, int length)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        int lanes = TVector.Count, i = 0;
        TVector s0 = TVector.Zero, s1 = TVector.Zero, s2 = TVector.Zero, s3 = TVector.Zero;
        for (; i + (4 * lanes) <= length; i += 4 * lanes)
        {
            TVector x0 = TVector.Load(x + i), x1 = TVector.Load(x + i + lanes);
            TVector x2 = TVector.Load(x + i + (2 * lanes)), x3 = TVector.Load(x + i + (3 * lanes));
            s0 = TVector.MultiplyAdd(x0, x0, s0);
            s1 = TVector.MultiplyAdd(x1, x1, s1);
            s2 = TVector.MultiplyAdd(x2, x2, s2);
            s3 = TVector.MultiplyAdd(x3, x3, s3);
        }

        for (; i + lanes <= length; i += lanes)
        {
            TVector x0 = TVector.Load(x + i);
            s0 = TVector.MultiplyAdd(x0, x0, s0);
        }

        float sum = TVector.Sum(TVector.Add(TVector.Add(s0, s1), TVector.Add(s2, s3)));
        for (; i < length; i++)
            sum = MathF.FusedMultiplyAdd(x[i], x[i], sum);
        return sum;
    }
}
