using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Kernels;

/// <summary>Copies a narrow part of a matrix so that a product reads it from one end to the other.</summary>
internal static unsafe class MatrixPacking<TVector>
    where TVector : unmanaged, IFloatVector<TVector>
{
    /// <summary>Lays out a panel row by row: <c>target[p · width + j] = panel[p, j]</c>.</summary>
    /// <param name="panel"><c>[k × n]</c> with n ≤ width; missing columns are zero.</param>
    /// <param name="width">The columns of the target.</param>
    /// <param name="target"><c>[k × width]</c>.</param>
    public static void Pack(MatrixView panel, int width, float* target)
    {
        if (panel.Columns < width)
            new Span<float>(target, panel.Rows * width).Clear();
        if (panel.ColumnStride == 1)
            CopyRows(panel, width, target);
        else
            CopyColumns(panel, width, target);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyRows(MatrixView panel, int width, float* target)
    {
        int columns = panel.Columns;
        float* source = panel.Data;
        for (int p = 0; p < panel.Rows; p++, source += panel.RowStride, target += width)
        {
            int j = 0;
            for (; j + TVector.Count <= columns; j += TVector.Count)
                TVector.Store(TVector.Load(source + j), target + j);
            for (; j + 4 <= columns; j += 4)
                Vector128.Store(Vector128.Load(source + j), target + j);
            for (; j < columns; j++)
                target[j] = source[j];
        }
    }

    /// <summary>Four columns at a time, in blocks of four by four where columns are contiguous.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyColumns(MatrixView panel, int width, float* target)
    {
        int rows = panel.Rows, columns = panel.Columns;
        long stride = panel.RowStride;
        int j = 0;
        for (; j + 4 <= columns; j += 4)
        {
            float* s0 = panel.At(0, j), s1 = panel.At(0, j + 1), s2 = panel.At(0, j + 2), s3 = panel.At(0, j + 3);
            float* t = target + j;
            int p = 0;
            if (stride == 1 && Sse.IsSupported)
            {
                for (; p + 4 <= rows; p += 4, s0 += 4, s1 += 4, s2 += 4, s3 += 4, t += 4 * width)
                {
                    Vector128<float> v0 = Vector128.Load(s0), v1 = Vector128.Load(s1), v2 = Vector128.Load(s2), v3 = Vector128.Load(s3);
                    Vector128<float> low01 = Sse.UnpackLow(v0, v1), low23 = Sse.UnpackLow(v2, v3);
                    Vector128<float> high01 = Sse.UnpackHigh(v0, v1), high23 = Sse.UnpackHigh(v2, v3);
                    Vector128.Store(Sse.MoveLowToHigh(low01, low23), t);
                    Vector128.Store(Sse.MoveHighToLow(low23, low01), t + width);
                    Vector128.Store(Sse.MoveLowToHigh(high01, high23), t + (2 * width));
                    Vector128.Store(Sse.MoveHighToLow(high23, high01), t + (3 * width));
                }
            }

            for (; p < rows; p++, s0 += stride, s1 += stride, s2 += stride, s3 += stride, t += width)
                Vector128.Store(Vector128.Create(*s0, *s1, *s2, *s3), t);
        }

        for (; j < columns; j++)
        {
            float* source = panel.At(0, j);
            float* t = target + j;
            for (int p = 0; p < rows; p++, source += stride, t += width)
                *t = *source;
        }
    }
}
