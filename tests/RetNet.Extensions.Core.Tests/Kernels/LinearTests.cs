using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>Linear layers against sums in double precision.</summary>
public sealed unsafe class LinearTests
{
    public static TheoryData<WeightFormat, int, int> Sizes
    {
        get
        {
            TheoryData<WeightFormat, int, int> sizes = [];
            foreach (WeightFormat format in (ReadOnlySpan<WeightFormat>)[WeightFormat.Float32, WeightFormat.BFloat16, WeightFormat.Int8])
            {
                foreach ((int rows, int columns) in (ReadOnlySpan<(int, int)>)[(1, 1), (2, 3), (3, 15), (4, 16), (5, 17), (7, 31), (9, 64), (6, 65), (13, 130), (33, 200)])
                    sizes.Add(format, rows, columns);
            }

            return sizes;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_vector_width_gives_the_sums_for_one_to_nine_inputs_with_bias_and_residual(WeightFormat format, int rows, int columns)
    {
        using TestMatrix matrix = new(rows, columns, format, seed: rows + columns);
        for (int count = 1; count <= 9; count++)
        {
            foreach (bool withBias in (ReadOnlySpan<bool>)[false, true])
            {
                foreach (bool add in (ReadOnlySpan<bool>)[false, true])
                {
                    Case test = new(matrix, count, withBias, add);
                    test.AssertClose(test.Run<FloatVector512>());
                    test.AssertClose(test.Run<FloatVector256>());
                    test.AssertClose(test.Run<FloatVector128>());
                }
            }
        }
    }

    [Property(MaxTest = 100)]
    public void Any_size_is_summed_by_the_public_entry(PositiveInt rows, PositiveInt columns, PositiveInt count, bool withBias, bool add, byte format)
    {
        WeightFormat[] formats = [WeightFormat.Float32, WeightFormat.BFloat16, WeightFormat.Int8];
        using TestMatrix matrix = new((rows.Get % 40) + 1, columns.Get % 300 + 1, formats[format % 3]);
        Case test = new(matrix, (count.Get % 20) + 1, withBias, add);
        using WorkerPool pool = new(1);
        test.AssertClose(test.Apply(pool));
    }

    [Theory]
    [InlineData(WeightFormat.Float32)]
    [InlineData(WeightFormat.BFloat16)]
    [InlineData(WeightFormat.Int8)]
    public void An_input_row_gives_the_same_bits_alone_and_in_any_batch(WeightFormat format)
    {
        using TestMatrix matrix = new(11, 77, format);
        using WorkerPool pool = new(1);
        float[] alone = new Case(matrix, 1, withBias: true, add: false).Apply(pool);
        for (int count = 2; count <= 23; count++)
        {
            float[] batch = new Case(matrix, count, withBias: true, add: false).Apply(pool);
            Assert.Equal(alone, batch[..11]);

            // The same input as the batch's last row.
            Case moved = new(matrix, count, withBias: true, add: false);
            moved.Input.AsSpan(0, 77).CopyTo(moved.Input.AsSpan((count - 1) * 77));
            Assert.Equal(alone, moved.Apply(pool)[^11..]);
        }
    }

    [Theory]
    [InlineData(WeightFormat.Float32)]
    [InlineData(WeightFormat.BFloat16)]
    [InlineData(WeightFormat.Int8)]
    public void One_and_several_threads_give_the_same_bits(WeightFormat format)
    {
        using TestMatrix matrix = new(301, 190, format);
        using WorkerPool one = new(1);
        using WorkerPool two = new(2);
        using WorkerPool five = new(5);
        foreach (int count in (ReadOnlySpan<int>)[1, 3, 9])
        {
            Case test = new(matrix, count, withBias: true, add: true);
            float[] expected = test.Apply(one);
            Assert.Equal(expected, test.Apply(two));
            Assert.Equal(expected, test.Apply(five));
        }
    }

    private sealed class Case
    {
        private readonly TestMatrix _matrix;
        private readonly int _count;
        private readonly float[]? _bias;
        private readonly bool _add;
        private readonly float[] _before;

        public Case(TestMatrix matrix, int count, bool withBias, bool add)
        {
            (_matrix, _count, _add) = (matrix, count, add);
            Input = RandomValues.Floats((long)count * matrix.Weights.Columns, seed: 7);
            _bias = withBias ? RandomValues.Floats(matrix.Weights.Rows, seed: 8) : null;
            _before = RandomValues.Floats((long)count * matrix.Weights.Rows, seed: 9);
        }

        public float[] Input { get; }

        public float[] Run<TVector>()
            where TVector : unmanaged, IFloatVector<TVector>
        {
            float[] output = [.. _before];
            fixed (float* x = Input, y = output, bias = _bias)
            {
                Linear.Job<TVector> job = new(_matrix.Weights, bias, x, _count, y, _add);
                job.Run(0, (_matrix.Weights.Rows + 3) / 4);
            }

            return output;
        }

        public float[] Apply(WorkerPool pool)
        {
            float[] output = [.. _before];
            fixed (float* x = Input, y = output, bias = _bias)
                Linear.Apply(pool, _matrix.Weights, bias, x, _count, y, _add);
            return output;
        }

        public void AssertClose(float[] actual)
        {
            int rows = _matrix.Weights.Rows, columns = _matrix.Weights.Columns;
            float[] weights = _matrix.Rounded();
            for (int t = 0; t < _count; t++)
            {
                for (int row = 0; row < rows; row++)
                {
                    double sum = (_bias?[row] ?? 0) + (_add ? _before[(t * rows) + row] : 0);
                    double magnitudes = Math.Abs(sum);
                    for (int c = 0; c < columns; c++)
                    {
                        double product = (double)weights[(row * columns) + c] * Input[(t * columns) + c];
                        sum += product;
                        magnitudes += Math.Abs(product);
                    }

                    // Rounding of a float32 sum: some units in the last place of what is summed.
                    Assert.Equal(sum, actual[(t * rows) + row], 4e-7 * magnitudes + 1e-7);
                }
            }
        }
    }
}
