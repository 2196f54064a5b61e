using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Tests.Kernels;

public sealed unsafe class VectorSumTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(63)]
    [InlineData(100)]
    [InlineData(169)]
    [InlineData(1000)]
    public void Sums_of_every_vector_width_are_those_of_double_precision(int length)
    {
        float[] x = RandomValues.Floats(length, seed: length + 1);
        double sum = x.Sum(value => (double)value), squares = x.Sum(value => (double)value * value);
        double tolerance = 1e-6 * (1 + x.Sum(value => Math.Abs((double)value)));
        fixed (float* source = x)
        {
            foreach (float found in (ReadOnlySpan<float>)[
                VectorSum.Sum(x), VectorSum.Sum<FloatVector128>(source,
                    length), VectorSum.Sum<FloatVector256>(source, length), VectorSum.Sum<FloatVector512>(source, length)])
            {
                Assert.Equal(sum, found, tolerance);
            }

            foreach (float found in (ReadOnlySpan<float>)[
                VectorSum.SumOfSquares(x), VectorSum.SumOfSquares<FloatVector128>(source,
                    length), VectorSum.SumOfSquares<FloatVector256>(source, length),
                VectorSum.SumOfSquares<FloatVector512>(source, length)])
            {
                Assert.Equal(squares, found, tolerance);
            }
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(169)]
    [InlineData(1000)]
    public void A_row_has_the_same_bits_at_every_address(int length)
    {
        float[] x = RandomValues.Floats(length, seed: 1);
        using NativeBuffer<float> memory = new(length + 32), normalized = new(length);
        float sum = VectorSum.Sum(x), squares = VectorSum.SumOfSquares(x);
        float[]? expected = null;
        for (int offset = 0; offset < 32; offset++)
        {
            Span<float> row = memory.Span.Slice(offset, length);
            x.CopyTo(row);
            Assert.Equal((sum, squares), (VectorSum.Sum(row), VectorSum.SumOfSquares(row)));
            Normalization.Rms(memory.Pointer + offset, null, normalized.Pointer, 1, length, 1e-6f);
            expected ??= normalized.Span.ToArray();
            Assert.Equal(expected, normalized.Span.ToArray());
        }
    }

    [Fact]
    public void Threads_normalise_rows_as_one_does()
    {
        const int rows = 300, width = 1001;
        float[] x = RandomValues.Floats(
            rows * width, seed: 1), weight = RandomValues.Floats(width, seed: 2), alone = new float[x.Length], shared = new float[x.Length];
        using WorkerPool pool = new(3);
        fixed (float* source = x, w = weight, a = alone, s = shared)
        {
            Normalization.Rms(source, w, a, rows, width, 1e-6f);
            Normalization.Rms(pool, source, w, s, rows, width, 1e-6f);
        }

        Assert.Equal(alone, shared);
    }
}
