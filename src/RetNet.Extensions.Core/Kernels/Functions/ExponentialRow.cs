using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>Exponentials of a row of scores, in one pass with what a softmax or its gradient needs beside them.</summary>
internal static unsafe class ExponentialRow
{
    /// <summary><c>x_i ← e^(x_i − m)</c>.</summary>
    /// <param name="x">No more than 88 above m.</param>
    /// <param name="m">Such as the largest x.</param>
    /// <returns>Their sum, in an order that depends on the length only.</returns>
    public static float Apply(Span<float> x, float m)
    {
        fixed (float* row = x)
        {
            if (VectorWidth.Is512)
                return Apply<FloatVector512>(row, x.Length, m);
            return VectorWidth.Is256 ? Apply<FloatVector256>(row, x.Length, m) : Apply<FloatVector128>(row, x.Length, m);
        }
    }

    /// <summary>The gradient of a softmax p = e^(x − l): <c>x_i ← p_i</c> and <c>d_i ← p_i (d_i − g)</c>.</summary>
    /// <param name="x">The scores.</param>
    /// <param name="d">The gradient of the weights p; becomes that of the scores.</param>
    /// <param name="l">ln Σ e^x.</param>
    /// <param name="g">Σ_i p_i d_i.</param>
    public static void Gradient(Span<float> x, Span<float> d, float l, float g)
    {
        fixed (float* row = x, gradient = d)
        {
            if (VectorWidth.Is512)
                Gradient<FloatVector512>(row, gradient, x.Length, l, g);
            else if (VectorWidth.Is256)
                Gradient<FloatVector256>(row, gradient, x.Length, l, g);
            else
                Gradient<FloatVector128>(row, gradient, x.Length, l, g);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float Apply<TVector>(float* x, int length, float m)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        int lanes = TVector.Count, i = 0;
        TVector minus = TVector.Broadcast(-m), s0 = TVector.Zero, s1 = TVector.Zero;
        for (; i + (2 * lanes) <= length; i += 2 * lanes)
        {
            TVector e0 = Exponential.Of(TVector.Add(TVector.Load(x + i), minus));
            TVector e1 = Exponential.Of(TVector.Add(TVector.Load(x + i + lanes), minus));
            TVector.Store(e0, x + i);
            TVector.Store(e1, x + i + lanes);
            (s0, s1) = (TVector.Add(s0, e0), TVector.Add(s1, e1));
        }

        float sum = TVector.Sum(TVector.Add(s0, s1));
        float* rest = stackalloc float[lanes];
        for (; i < length; i += lanes)
        {
            int count = Math.Min(lanes, length - i);
            Copy(x + i, rest, count);
            TVector.Store(Exponential.Of(TVector.Add(TVector.Load(rest), minus)), rest);
            Copy(rest, x + i, count);
            for (int j = 0; j < count; j++)
                sum += rest[j];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Gradient<TVector>(float* x, float* d, int length, float l, float g)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        int lanes = TVector.Count, i = 0;
        TVector minusL = TVector.Broadcast(-l), minusG = TVector.Broadcast(-g);
        for (; i + lanes <= length; i += lanes)
        {
            TVector p = Exponential.Of(TVector.Add(TVector.Load(x + i), minusL));
            TVector.Store(p, x + i);
            TVector.Store(TVector.Multiply(p, TVector.Add(TVector.Load(d + i), minusG)), d + i);
        }

        if (i == length)
            return;
        float* rest = stackalloc float[2 * lanes];
        Copy(x + i, rest, length - i);
        Copy(d + i, rest + lanes, length - i);
        Gradient<TVector>(rest, rest + lanes, lanes, l, g);
        Copy(rest, x + i, length - i);
        Copy(rest + lanes, d + i, length - i);
    }

    private static void Copy(float* from, float* to, int count) => new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>(to, count));
}
