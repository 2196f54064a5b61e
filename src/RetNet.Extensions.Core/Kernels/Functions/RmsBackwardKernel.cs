using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>The gradient of an RMS norm: a row is read twice, once for its two sums.</summary>
internal static unsafe class RmsBackwardKernel<TVector>
    where TVector : unmanaged, IFloatVector<TVector>
{
    /// <inheritdoc cref="Normalization.RmsBackward"/>
    public static void Apply(
        float* x, float* weight, float* dy, float* dx, float* dWeight, int rows, int width, float epsilon, bool add)
    {
        for (int row = 0; row < rows; row++, x += width, dy += width, dx += width)
        {
            (float squares, float products) = Sums(x, weight, dy, width);
            float inverse = 1 / MathF.Sqrt((squares / width) + epsilon);
            Row(x, weight, dy, dx, dWeight, width, inverse, products * inverse / width, add);
        }
    }

    /// <summary><c>Σ x²</c> and <c>Σ dy ⊙ w ⊙ x</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Squares, float Products) Sums(float* x, float* weight, float* dy, int width)
    {
        int lanes = TVector.Count, i = 0;
        TVector s0 = TVector.Zero, s1 = TVector.Zero, p0 = TVector.Zero, p1 = TVector.Zero;
        for (; i + (2 * lanes) <= width; i += 2 * lanes)
        {
            TVector x0 = TVector.Load(x + i), x1 = TVector.Load(x + i + lanes);
            (s0, s1) = (TVector.MultiplyAdd(x0, x0, s0), TVector.MultiplyAdd(x1, x1, s1));
            TVector d0 = TVector.Load(dy + i), d1 = TVector.Load(dy + i + lanes);
            if (weight is not null)
                (d0, d1) = (TVector.Multiply(d0, TVector.Load(weight + i)), TVector.Multiply(d1, TVector.Load(weight + i + lanes)));
            (p0, p1) = (TVector.MultiplyAdd(d0, x0, p0), TVector.MultiplyAdd(d1, x1, p1));
        }

        float squares = TVector.Sum(TVector.Add(s0, s1)), products = TVector.Sum(TVector.Add(p0, p1));
        for (; i < width; i++)
        {
            squares = MathF.FusedMultiplyAdd(x[i], x[i], squares);
            products = MathF.FusedMultiplyAdd(weight is null ? dy[i] : dy[i] * weight[i], x[i], products);
        }

        return (squares, products);
    }

    /// <summary>With x̂ = x / rms: <c>dx (+)= (dy ⊙ w − x̂ · mean) / rms</c> and <c>dw += dy ⊙ x̂</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row(
        float* x, float* weight, float* dy, float* dx, float* dWeight, int width, float inverse, float mean, bool add)
    {
        int i = 0;
        TVector scale = TVector.Broadcast(inverse), minusMean = TVector.Broadcast(-mean);
        for (; i + TVector.Count <= width; i += TVector.Count)
        {
            TVector normalized = TVector.Multiply(TVector.Load(x + i), scale), d = TVector.Load(dy + i);
            if (weight is not null)
            {
                TVector.Store(TVector.MultiplyAdd(d, normalized, TVector.Load(dWeight + i)), dWeight + i);
                d = TVector.Multiply(d, TVector.Load(weight + i));
            }

            d = TVector.MultiplyAdd(normalized, minusMean, d);
            TVector.Store(add ? TVector.MultiplyAdd(d, scale, TVector.Load(dx + i)) : TVector.Multiply(d, scale), dx + i);
        }

        for (; i < width; i++)
        {
            float normalized = x[i] * inverse, d = dy[i];
            if (weight is not null)
            {
                dWeight[i] += d * normalized;
                d *= weight[i];
            }

            d = (d - (normalized * mean)) * inverse;
            dx[i] = add ? dx[i] + d : d;
        }
    }
}
