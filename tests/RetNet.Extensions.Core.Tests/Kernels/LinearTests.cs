using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>Linear layers against scalar code that sums in the order that is promised: bit for bit, for every vector width.</summary>
public sealed unsafe class LinearTests
{
    private static readonly WeightFormat[] Formats = [WeightFormat.Float32, WeightFormat.BFloat16, WeightFormat.Int8, WeightFormat.Int4];

    public static TheoryData<WeightFormat, int, int> Sizes
    {
        get
        {
            TheoryData<WeightFormat, int, int> sizes = [];
            foreach (WeightFormat format in Formats)
            {
                foreach ((int rows, int columns) in (ReadOnlySpan<(int, int)>)[(1, 1), (2, 3), (7, 31), (64, 32), (65, 129), (70, 128),
                    (130, 300)])
                {
                    sizes.Add(format, rows, columns);
                }
            }

            return sizes;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_vector_width_gives_the_bits_of_the_scalar_sums(WeightFormat format, int rows, int columns)
    {
        using TestMatrix matrix = new(rows, columns, format, seed: rows + columns);
        foreach (int count in (ReadOnlySpan<int>)[1, 2, 3, 4, 5, 6, 7, 13])
        {
            foreach ((bool withBias, bool add) in (ReadOnlySpan<(bool, bool)>)[(false, false), (true, false), (false, true), (true, true)])
            {
                Case test = new(matrix, count, withBias, add);
                float[] expected = test.Scalar();
                Assert.Equal(expected, test.Run<FloatVector512, PairVector512>());
                Assert.Equal(expected, test.Run<FloatVector256, PairVector256>());
                Assert.Equal(expected, test.Run<FloatVector128, PairVector128>());
                test.AssertClose(expected);
            }
        }
    }

    [Property(MaxTest = 100)]
    public void Any_size_is_summed_by_the_public_entry(
        PositiveInt rows, PositiveInt columns, PositiveInt count, bool withBias, bool add, byte format)
    {
        using TestMatrix matrix = new((rows.Get % 140) + 1, (columns.Get % 300) + 1, Formats[format % Formats.Length]);
        Case test = new(matrix, (count.Get % 20) + 1, withBias, add);
        using WorkerPool pool = new(1);
        Assert.Equal(test.Scalar(), test.Apply(pool));
    }

    [Theory]
    [InlineData(WeightFormat.Float32)]
    [InlineData(WeightFormat.BFloat16)]
    [InlineData(WeightFormat.Int8)]
    [InlineData(WeightFormat.Int4)]
    public void An_input_row_gives_the_same_bits_alone_and_in_any_batch(WeightFormat format)
    {
        using TestMatrix matrix = new(67, 177, format);
        using WorkerPool pool = new(1);
        float[] alone = new Case(matrix, 1, withBias: true, add: false).Apply(pool);
        foreach (int count in (ReadOnlySpan<int>)[2, 3, 4, 5, 6, 7, 12, 23, 400])
        {
            float[] batch = new Case(matrix, count, withBias: true, add: false).Apply(pool);
            Assert.Equal(alone, batch[..67]);

            // The same input as the batch's last row.
            Case moved = new(matrix, count, withBias: true, add: false);
            moved.Input.AsSpan(0, 177).CopyTo(moved.Input.AsSpan((count - 1) * 177));
            Assert.Equal(alone, moved.Apply(pool)[^67..]);
        }
    }

    [Theory]
    [InlineData(WeightFormat.Float32)]
    [InlineData(WeightFormat.BFloat16)]
    [InlineData(WeightFormat.Int8)]
    [InlineData(WeightFormat.Int4)]
    public void One_and_several_threads_give_the_same_bits(WeightFormat format)
    {
        using TestMatrix matrix = new(601, 190, format);
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

    [Fact]
    public void Layers_of_the_same_input_give_the_bits_that_each_gives_alone()
    {
        using TestMatrix first = new(
            67, 90, WeightFormat.BFloat16), second = new(3, 90, WeightFormat.Int8), third = new(128, 90, WeightFormat.Float32);
        using WorkerPool pool = new(2);
        foreach (int count in (ReadOnlySpan<int>)[1, 8])
        {
            Case[] cases = [new(first, count, true, false), new(second, count, false, true), new(third, count, true, true)];
            float[][] together = [[.. cases[0].Before], [.. cases[1].Before], [.. cases[2].Before]];
            fixed (float* x = cases[0].Input, y0 = together[0], y1 = together[1], y2 = together[2], b0 = cases[0].Bias, b2 = cases[2].Bias)
            {
                Linear.Apply(
                    pool, x, count, [new(first.Weights, b0, y0), new(second.Weights, null, y1, add: true),
                        new(third.Weights, b2, y2, add: true)]);
            }

            for (int i = 0; i < cases.Length; i++)
                Assert.Equal(cases[i].Apply(pool), together[i]);
        }
    }

    [Theory]
    [InlineData(WeightFormat.Float32, 91)]
    [InlineData(WeightFormat.Float32, 64)]
    [InlineData(WeightFormat.BFloat16, 90)]
    public void BFloat16_weights_keep_their_bits(WeightFormat format, int columns)
    {
        const int rows = 130;
        ushort[] stored = new ushort[rows * columns];
        new Random(1).NextBytes(MemoryMarshal.AsBytes(stored.AsSpan()));
        StoredMatrix source = new(TensorType.BFloat16,
            (offset, target) => MemoryMarshal.AsBytes(stored.AsSpan()).Slice((int)offset, target.Length).CopyTo(target), rows, columns);
        using WeightMatrix matrix = WeightMatrix.Create(source, format);
        float[] row = new float[columns];
        for (int r = 0; r < rows; r++)
        {
            matrix.CopyRowTo(r, row);
            Assert.Equal(
                stored.Skip(r * columns).Take(columns).Select(bits => (uint)bits << 16), row.Select(BitConverter.SingleToUInt32Bits));
        }
    }

    [Theory]
    [InlineData(WeightFormat.Float32)]
    [InlineData(WeightFormat.BFloat16)]
    [InlineData(WeightFormat.Int8)]
    [InlineData(WeightFormat.Int4)]
    public void Wanted_outputs_have_the_bits_of_all_and_panels_without_one_stay_as_they_were(WeightFormat format)
    {
        using TestMatrix matrix = new(201, 90, format);
        using WorkerPool pool = new(2);
        foreach (int count in (ReadOnlySpan<int>)[1, 8])
        {
            Case test = new(matrix, count, withBias: false, add: false);
            float[] all = test.Apply(pool);
            float[] some = [.. test.Before];
            fixed (float* x = test.Input, y = some)
            fixed (ulong* wanted = (ulong[])[0, 1ul << 5, 0, 1ul << 8])
                Linear.Apply(pool, matrix.Weights, null, x, count, y, wanted: wanted);

            for (int i = 0; i < some.Length; i++)
                Assert.Equal(i % 201 / 64 is 1 or 3 ? all[i] : test.Before[i], some[i]);
        }
    }

    [Theory]
    [InlineData(WeightFormat.Int8)]
    [InlineData(WeightFormat.Int4)]
    public void A_group_of_zeros_adds_nothing_and_what_is_no_number_stays_none(WeightFormat format)
    {
        using TestMatrix matrix = new(67, 96, format);
        using WorkerPool pool = new(1);
        foreach (int count in (ReadOnlySpan<int>)[1, 3, 7])
        {
            Case zeros = new(matrix, count, withBias: false, add: false);
            zeros.Input.AsSpan().Clear();
            Assert.All(zeros.Apply(pool), value => Assert.Equal(0, value));

            Case half = new(matrix, count, withBias: false, add: false);
            half.Input.AsSpan(32, 32).Clear();
            Assert.Equal(half.Scalar(), half.Apply(pool));

            Case broken = new(matrix, count, withBias: false, add: false);
            broken.Input[40] = float.NaN;
            Assert.All(broken.Apply(pool)[..67], value => Assert.Equal(float.NaN, value));
        }
    }

    [Fact]
    public void Weights_that_are_no_numbers_stay_none_in_every_format()
    {
        using WorkerPool pool = new(1);
        foreach (WeightFormat format in Formats)
        {
            using TestMatrix matrix = new(3, 40, format, weights => weights[45] = float.NaN);
            float[] y = new Case(matrix, 1, withBias: false, add: false).Apply(pool);
            Assert.Equal([false, true, false], y.Select(float.IsNaN));
            y = new Case(matrix, 7, withBias: false, add: false).Apply(pool);
            Assert.Equal([false, true, false], y[..3].Select(float.IsNaN));
        }
    }

    private sealed class Case
    {
        private readonly TestMatrix _matrix;
        private readonly int _count;
        private readonly bool _add;

        public Case(TestMatrix matrix, int count, bool withBias, bool add)
        {
            (_matrix, _count, _add) = (matrix, count, add);
            Input = RandomValues.Floats((long)count * matrix.Weights.Columns, seed: 7);
            Bias = withBias ? RandomValues.Floats(matrix.Weights.Rows, seed: 8) : null;
            Before = RandomValues.Floats((long)count * matrix.Weights.Rows, seed: 9);
        }

        public float[] Input { get; }

        public float[]? Bias { get; }

        public float[] Before { get; }

        public float[] Run<TVector, TPairs>()
            where TVector : unmanaged, IFloatVector<TVector>
            where TPairs : unmanaged, IPairVector<TPairs, TVector>
        {
            using WorkerPool pool = new(1);
            float[] output = [.. Before];
            fixed (float* x = Input, y = output, bias = Bias)
            {
                LinearPart part = new(_matrix.Weights, bias, y, _add);
                LinearInputs inputs = Linear.Prepare(pool, x, _count, _matrix.Weights.Columns, part.Weights.IsInteger);
                new LinearJob<TVector, TPairs>(&part, inputs).Run(0, part.Weights.Panels);
            }

            return output;
        }

        public float[] Apply(WorkerPool pool)
        {
            float[] output = [.. Before];
            fixed (float* x = Input, y = output, bias = Bias)
                Linear.Apply(pool, _matrix.Weights, bias, x, _count, y, _add);
            return output;
        }

        public float[] Scalar()
        {
            int rows = _matrix.Weights.Rows, columns = _matrix.Weights.Columns;
            float[] weights = _matrix.Rounded();
            float[] output = new float[_count * rows];
            for (int t = 0; t < _count; t++)
            {
                ReadOnlySpan<float> x = Input.AsSpan(t * columns, columns);
                for (int row = 0; row < rows; row++)
                {
                    float sum = _matrix.Weights.Packed.IsInteger
                        ? IntegerSum(x, row)
                        : ChainedSum(x, weights.AsSpan(row * columns, columns));
                    sum = Bias is null ? sum : sum + Bias[row];
                    output[(t * rows) + row] = _add ? Before[(t * rows) + row] + sum : sum;
                }
            }

            return output;
        }

        /// <summary>Rounding of a float32 sum, and of integer formats' inputs to 16 bits: some units in the last place of what is
        /// summed.</summary>
        public void AssertClose(float[] actual)
        {
            int rows = _matrix.Weights.Rows, columns = _matrix.Weights.Columns;
            float[] weights = _matrix.Rounded();
            double precision = _matrix.Weights.Packed.IsInteger ? 4e-5 : 4e-7;
            for (int t = 0; t < _count; t++)
            {
                for (int row = 0; row < rows; row++)
                {
                    double sum = (Bias?[row] ?? 0) + (_add ? Before[(t * rows) + row] : 0);
                    double magnitudes = Math.Abs(sum);
                    for (int c = 0; c < columns; c++)
                    {
                        double product = (double)weights[(row * columns) + c] * Input[(t * columns) + c];
                        sum += product;
                        magnitudes += Math.Abs(product);
                    }

                    Assert.Equal(sum, actual[(t * rows) + row], precision * (magnitudes + 0.1));
                }
            }
        }

        private static float ChainedSum(ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
        {
            float total = 0;
            for (int first = 0; first < x.Length; first += 128)
            {
                float chain = 0;
                for (int c = first; c < Math.Min(first + 128, x.Length); c++)
                    chain = MathF.FusedMultiplyAdd(weights[c], x[c], chain);
                total += chain;
            }

            return total;
        }

        private float IntegerSum(ReadOnlySpan<float> x, int row)
        {
            float total = 0;
            for (int first = 0; first < x.Length; first += 32)
            {
                ReadOnlySpan<float> inputs = x[first..Math.Min(first + 32, x.Length)];
                float largest = 0;
                foreach (float value in inputs)
                    largest = Math.Max(largest, Math.Abs(value));
                float inputScale = largest / 32767;
                int products = 0, sum = 0;
                for (int i = 0; i < inputs.Length; i++)
                {
                    int rounded = inputScale == 0 ? 0 : (int)MathF.Round(inputs[i] * (1 / inputScale));
                    products += rounded * TestMatrix.Integer(_matrix.Weights.Packed, row, first + i);
                    sum += rounded;
                }

                (float scale, float offset) = TestMatrix.Scale(_matrix.Weights.Packed, row, first);
                total = MathF.FusedMultiplyAdd(products, scale * inputScale, total);
                if (_matrix.Weights.Format == WeightFormat.Int4)
                    total = MathF.FusedMultiplyAdd(offset, -inputScale * sum, total);
            }

            return total;
        }
    }
}
