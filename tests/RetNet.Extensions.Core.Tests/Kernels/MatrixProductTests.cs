using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Kernels.Matrices;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>Matrix products against sums in double precision.</summary>
public sealed unsafe class MatrixProductTests
{
    private enum Layout
    {
        Rows,
        Columns,
        SpacedRows,
        SpacedColumns,
        SpacedBoth,
    }

    [Fact]
    public void Every_size_up_to_40_is_summed_in_every_layout()
    {
        Layout[] layouts = Enum.GetValues<Layout>();
        Random random = new(1);
        for (int m = 1; m <= 40; m++)
        {
            for (int n = 1; n <= 40; n += random.Next(1, 4))
            {
                Case test = new(m, n, random.Next(0, 41), layouts[random.Next(5)], layouts[random.Next(5)], random.Next(2) == 0);
                test.AssertClose(test.Run(MatrixProduct.ApplyAlone));
            }
        }
    }

    [Property(MaxTest = 60)]
    public void Every_vector_width_gives_the_same_bits(PositiveInt m, PositiveInt n, PositiveInt k, byte left, byte right, bool add)
    {
        Case test = new((m.Get * 7 % 230) + 1, (n.Get * 11 % 300) + 1, k.Get * 13 % 600, (Layout)(left % 5), (Layout)(right % 5), add);
        float[] wide = test.Run(MatrixBlocks<FloatVector512>.Multiply);
        test.AssertClose(wide);
        Assert.Equal(wide, test.Run(MatrixBlocks<FloatVector256>.Multiply));
        Assert.Equal(wide, test.Run(MatrixBlocks<FloatVector128>.Multiply));
    }

    [Theory]
    [InlineData(500, 70, 300)]
    [InlineData(100, 1100, 40)]
    [InlineData(192, 192, 1000)]
    [InlineData(1, 3000, 50)]
    [InlineData(110, 700, 1900)]
    public void One_and_several_threads_give_the_same_bits(int m, int n, int k)
    {
        foreach (Layout layout in (ReadOnlySpan<Layout>)[Layout.Rows, Layout.Columns])
        {
            Case test = new(m, n, k, layout, layout, add: true);
            float[] expected = test.Run(MatrixProduct.ApplyAlone);
            test.AssertClose(expected);
            for (int threads = 1; threads <= 3; threads++)
            {
                using WorkerPool pool = new(threads);
                Assert.Equal(expected, test.Run((a, b, c, cRow, add) => MatrixProduct.Apply(pool, a, b, c, cRow, add)));
            }
        }
    }

    [Theory]
    [InlineData(Layout.Rows)]
    [InlineData(Layout.Columns)]
    [InlineData(Layout.SpacedBoth)]
    public void A_row_has_the_same_bits_alone_and_among_others(object layout)
    {
        Case test = new(250, 90, 70, (Layout)layout, Layout.Rows, add: false);
        float[] all = test.Run(MatrixProduct.ApplyAlone);
        foreach (int row in (ReadOnlySpan<int>)[0, 5, 6, 100, 249])
        {
            float[] alone = test.Run((a, b, c, cRow, add) => MatrixProduct.ApplyAlone(a.RowRange(row, 1), b, c + (row * cRow), cRow, add));
            Assert.Equal(test.Row(all, row), test.Row(alone, row));
        }
    }

    [Theory]
    [InlineData(48, 130, 64)]
    [InlineData(7, 64, 300)]
    [InlineData(12, 20, 5)]
    public void A_matrix_that_is_laid_out_once_gives_the_same_bits(int m, int n, int k)
    {
        foreach (Layout layout in (ReadOnlySpan<Layout>)[Layout.Rows, Layout.Columns])
        {
            Case test = new(m, n, k, Layout.Rows, layout, add: true);
            float[] memory = new float[MatrixProduct.LaidOutLength(k, n)];
            float[] actual = test.Run((a, b, c, cRow, add) =>
            {
                fixed (float* target = memory)
                    MatrixProduct.ApplyAlone(a, MatrixProduct.LayOut(b, target), c, cRow, add);
            });
            Assert.Equal(test.Run(MatrixProduct.ApplyAlone), actual);
        }
    }

    [Fact]
    public void A_part_of_a_matrix_that_is_laid_out_is_multiplied()
    {
        const int m = 9, n = 150, k = 80, firstRow = 17, rows = 40, firstColumn = RightFactor.Granule, columns = 70;
        float[] left = RandomValues.Floats(m * rows, seed: 1), right = RandomValues.Floats(k * n, seed: 2);
        float[] expected = new float[m * columns], actual = new float[m * columns];
        float[] memory = new float[MatrixProduct.LaidOutLength(k, n)];
        fixed (float* a = left, b = right, target = memory, e = expected, c = actual)
        {
            MatrixView whole = new(b, k, n);
            MatrixProduct.ApplyAlone(new MatrixView(a, m, rows), whole.RowRange(firstRow, rows).ColumnRange(firstColumn, columns), e,
                columns, add: false);
            MatrixProduct.ApplyAlone(new MatrixView(a, m, rows),
                MatrixProduct.LayOut(whole, target).RowRange(firstRow, rows).ColumnRange(firstColumn, columns), c, columns, add: false);
        }

        Assert.Equal(expected, actual);
    }

    [Fact]
    public void A_matrix_with_distant_rows_is_summed()
    {
        const int m = 20, n = 30, k = 25, distance = 2000;
        float[] values = RandomValues.Floats(distance * m, seed: 1), right = RandomValues.Floats(k * n, seed: 2), result = new float[m * n];
        fixed (float* a = values, b = right, c = result)
            MatrixProduct.ApplyAlone(new MatrixView(a, m, k, distance, 1), new MatrixView(b, k, n), c, n, add: false);
        for (int i = 0; i < m; i++)
            Assert.Equal(Enumerable.Range(0, k).Sum(p => (double)values[(i * distance) + p] * right[p * n]), result[i * n], 1e-5);
    }

    private delegate void Product(MatrixView a, MatrixView b, float* c, long cRowStride, bool add);

    /// <summary>Two matrices in some layout, and a C with three columns that stay as they are.</summary>
    private sealed class Case(int m, int n, int k, Layout left, Layout right, bool add)
    {
        private readonly float[] _a = RandomValues.Floats(Size(m, k), seed: 1);
        private readonly float[] _b = RandomValues.Floats(Size(k, n), seed: 2);
        private readonly float[] _before = RandomValues.Floats(m * (n + 3), seed: 3);

        public float[] Run(Product product)
        {
            float[] result = [.. _before];
            fixed (float* a = _a, b = _b, c = result)
                product(View(a, m, k, left), View(b, k, n, right), c, n + 3, add);
            return result;
        }

        public float[] Row(float[] c, int row) => c[(row * (n + 3))..((row * (n + 3)) + n)];

        public void AssertClose(float[] actual)
        {
            fixed (float* pa = _a, pb = _b)
            {
                MatrixView a = View(pa, m, k, left), b = View(pb, k, n, right);
                // Many rows: some of every place in a tile.
                for (int i = 0; i < m; i += m > 64 ? 7 : 1)
                {
                    for (int j = 0; j < n + 3; j++)
                    {
                        double expected = add || j >= n ? _before[(i * (n + 3)) + j] : 0;
                        for (int p = 0; p < k && j < n; p++)
                            expected += (double)*a.At(i, p) * *b.At(p, j);
                        double difference = Math.Abs(expected - actual[(i * (n + 3)) + j]);
                        Assert.True(difference <= (j < n ? 2e-7 * (k + 4) : 0),
                            $"[{m} × {k}] × [{k} × {n}], element ({i}, {j}): off by {difference}");
                    }
                }
            }
        }

        private static int Size(int rows, int columns) => (2 * rows * ((2 * columns) + 5)) + (2 * columns) + 5;

        private static MatrixView View(float* data, int rows, int columns, Layout layout) => layout switch
        {
            Layout.Rows => new MatrixView(data, rows, columns),
            Layout.Columns => new MatrixView(data, columns, rows).Transposed,
            Layout.SpacedRows => new MatrixView(data, rows, columns, columns + 5, 1),
            Layout.SpacedColumns => new MatrixView(data, rows, columns, 1, rows + 3),
            _ => new MatrixView(data, rows, columns, (2 * columns) + 1, 2),
        };
    }
}
