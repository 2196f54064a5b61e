using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Matrices;

/// <summary>Copies a block of a matrix in the order in which a product reads it: narrow panels one after the other, each row by
/// row.</summary>
internal static unsafe class MatrixPacking<TVector>
    where TVector : unmanaged, IFloatVector<TVector>
{
    /// <summary>Lays out whole panels, a few at a time: as many as a set of the first-level cache has ways, since their distance may be a
    /// power of two. Element (p, i · width + j) goes to <c>target[i · width · k + p · width + j]</c>.</summary>
    /// <param name="block"><c>[k × n]</c>, n being a multiple of width.</param>
    /// <param name="width">The columns of a panel: 6, or some whole vectors.</param>
    /// <param name="target"><c>[n / width × k × width]</c>.</param>
    public static void PackPanels(MatrixView block, int width, float* target)
    {
        bool isSix = width == MatrixBlocks<TVector>.TileRows;
        int together = block.ColumnStride != 1 ? 1 : isSix ? 8 : 4;
        for (int j = 0; j < block.Columns; j += together * width)
        {
            MatrixView panels = block.ColumnRange(j, Math.Min(together * width, block.Columns - j));
            float* first = target + ((long)j * block.Rows);
            if (block.ColumnStride != 1)
                PackPanel(panels, width, first);
            else if (isSix)
                CopySixes(panels, first);
            else
                CopyVectors(panels, width, first);
        }
    }

    /// <summary>Lays out one panel that may be narrower than its target: <c>target[p · width + j] = panel[p, j]</c>, missing columns being
    /// zero.</summary>
    /// <param name="panel"><c>[k × n]</c> with n ≤ width.</param>
    /// <param name="width">The columns of the target.</param>
    /// <param name="target"><c>[k × width]</c>.</param>
    public static void PackPanel(MatrixView panel, int width, float* target)
    {
        const int transposedTogether = 8;
        if (panel.RowStride == 1 && panel.Columns == width && width % transposedTogether == 0)
        {
            Transposition.Words32((byte*)panel.Data, sizeof(float) * panel.ColumnStride, width, panel.Rows, (uint*)target, width);
            return;
        }

        if (panel.Columns < width)
            new Span<float>(target, panel.Rows * width).Clear();
        CopyColumns(panel, width, target);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyVectors(MatrixView block, int width, float* target)
    {
        float* source = block.Data;
        for (int p = 0; p < block.Rows; p++, source += block.RowStride, target += width)
        {
            float* panel = target;
            for (int j = 0; j < block.Columns; j += width, panel += block.Rows * width)
            {
                for (int i = 0; i < width; i += TVector.Count)
                    TVector.Store(TVector.Load(source + j + i), panel + i);
            }
        }
    }

    /// <summary>Panels of six columns: eight are copied, and the next row overwrites the surplus.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopySixes(MatrixView block, float* target)
    {
        const int width = MatrixBlocks<TVector>.TileRows;
        int last = block.Rows - 1;
        float* source = block.Data;
        for (int p = 0; p < last; p++, source += block.RowStride, target += width)
        {
            float* panel = target;
            for (int j = 0; j < block.Columns; j += width, panel += block.Rows * width)
                Vector256.Store(Vector256.Load(source + j), panel);
        }

        for (int j = 0; j < block.Columns; j += width, target += block.Rows * width)
        {
            for (int i = 0; i < width; i++)
                target[i] = source[j + i];
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
