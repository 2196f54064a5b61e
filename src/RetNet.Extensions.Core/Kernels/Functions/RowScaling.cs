using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>Rows with a factor each, or one for each value. Every kernel is one method: a first token waits for their compilation, and
/// those of a general library take several times as long.</summary>
internal static unsafe class RowScaling
{
    /// <summary><c>y = f x</c>.</summary>
    /// <param name="x"><c>[width]</c>.</param>
    /// <param name="factor">f.</param>
    /// <param name="y"><c>[width]</c>; may be x.</param>
    /// <param name="width">The number of values.</param>
    public static void Apply(float* x, float factor, float* y, int width) => Apply(x, width, 1, width, &factor, 0, y);

    /// <summary><c>x_i ← x_i f_i</c>.</summary>
    /// <param name="x"><c>[width]</c>.</param>
    /// <param name="factors"><c>[width]</c>.</param>
    /// <param name="width">The number of values.</param>
    public static void Multiply(float* x, float* factors, int width)
    {
        if (VectorWidth.Is512)
            Multiply<FloatVector512>(x, factors, width);
        else if (VectorWidth.Is256)
            Multiply<FloatVector256>(x, factors, width);
        else
            Multiply<FloatVector128>(x, factors, width);
    }

    /// <summary><c>x_i ← x_i / b</c>.</summary>
    public static void Divide(Span<float> x, float b) => SubtractAndDivide(x, 0, b);

    /// <summary><c>x_i ← (x_i − a) / b</c>.</summary>
    public static void SubtractAndDivide(Span<float> x, float a, float b)
    {
        fixed (float* row = x)
        {
            if (VectorWidth.Is512)
                SubtractAndDivide<FloatVector512>(row, x.Length, a, b);
            else if (VectorWidth.Is256)
                SubtractAndDivide<FloatVector256>(row, x.Length, a, b);
            else
                SubtractAndDivide<FloatVector128>(row, x.Length, a, b);
        }
    }

    /// <summary><c>y_r = f_r x_r</c>.</summary>
    /// <param name="x"><c>[rows × width]</c>.</param>
    /// <param name="xRow">Distance of x's rows.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="width">Values of a row.</param>
    /// <param name="factors">f of the first row.</param>
    /// <param name="factorStep">Distance of the factors; may be negative.</param>
    /// <param name="y"><c>[rows × width]</c>, without gaps.</param>
    public static void Apply(float* x, long xRow, int rows, int width, float* factors, int factorStep, float* y)
    {
        if (VectorWidth.Is512)
            Apply<FloatVector512>(x, xRow, rows, width, factors, factorStep, y);
        else if (VectorWidth.Is256)
            Apply<FloatVector256>(x, xRow, rows, width, factors, factorStep, y);
        else
            Apply<FloatVector128>(x, xRow, rows, width, factors, factorStep, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<TVector>(float* x, long xRow, int rows, int width, float* factors, int factorStep, float* y)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        for (int row = 0; row < rows; row++, x += xRow, y += width, factors += factorStep)
        {
            TVector factor = TVector.Broadcast(*factors);
            int i = 0;
            for (; i + TVector.Count <= width; i += TVector.Count)
                TVector.Store(TVector.Multiply(TVector.Load(x + i), factor), y + i);
            for (; i < width; i++)
                y[i] = x[i] * *factors;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<TVector>(float* x, float* factors, int width)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        int i = 0;
        for (; i + TVector.Count <= width; i += TVector.Count)
            TVector.Store(TVector.Multiply(TVector.Load(x + i), TVector.Load(factors + i)), x + i);
        for (; i < width; i++)
            x[i] *= factors[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractAndDivide<TVector>(float* x, int width, float a, float b)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        TVector minus = TVector.Broadcast(-a), divisor = TVector.Broadcast(b);
        int i = 0;
        for (; i + TVector.Count <= width; i += TVector.Count)
            TVector.Store(TVector.Divide(TVector.Add(TVector.Load(x + i), minus), divisor), x + i);
        for (; i < width; i++)
            x[i] = (x[i] - a) / b;
    }
}
