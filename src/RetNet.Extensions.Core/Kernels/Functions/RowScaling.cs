using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>Rows with a factor each.</summary>
internal static unsafe class RowScaling
{
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
}
