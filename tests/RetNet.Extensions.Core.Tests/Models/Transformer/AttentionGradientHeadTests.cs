using RetNet.Extensions.Core.Tests.Kernels;
using RetNet.Extensions.Core.Training.Layers;

namespace RetNet.Extensions.Core.Tests.Models.Transformer;

/// <summary>Attention for training against the definition in double precision.</summary>
public sealed unsafe class AttentionGradientHeadTests
{
    [Theory]
    [InlineData(1, 4, 0)]
    [InlineData(7, 3, 0)]
    [InlineData(20, 5, 0)]
    [InlineData(20, 5, 6)]
    [InlineData(9, 4, 1)]
    public void Gradients_equal_finite_differences(int length, int width, int window)
    {
        Case test = new(length, width, window);
        Result result = test.Run();
        double[] q =
            FiniteDifferences.Doubles(test.Query), k = FiniteDifferences.Doubles(test.Key), v = FiniteDifferences.Doubles(test.Value);
        double Loss() => test.Loss(q, k, v);

        Assert.True(FiniteDifferences.Error(test.Naive(q, k, v), result.Output) < 1e-6);
        Assert.True(FiniteDifferences.Error(FiniteDifferences.Gradient(q, Loss), result.DQuery) < 1e-5);
        Assert.True(FiniteDifferences.Error(FiniteDifferences.Gradient(k, Loss), result.DKey) < 1e-5);
        Assert.True(FiniteDifferences.Error(FiniteDifferences.Gradient(v, Loss), result.DValue) < 1e-5);
    }

    [Theory]
    [InlineData(48, 16, 0)]
    [InlineData(131, 16, 0)]
    [InlineData(131, 16, 50)]
    [InlineData(200, 32, 300)]
    public void Many_tiles_equal_the_quadratic_definition(int length, int width, int window)
    {
        Case test = new(length, width, window);
        Result result = test.Run();
        double[] q =
            FiniteDifferences.Doubles(test.Query), k = FiniteDifferences.Doubles(test.Key), v = FiniteDifferences.Doubles(test.Value);
        (double[] dq, double[] dk, double[] dv) = test.NaiveGradients(q, k, v);

        Assert.True(FiniteDifferences.Error(test.Naive(q, k, v), result.Output) < 2e-6);
        Assert.True(FiniteDifferences.Error(dq, result.DQuery) < 5e-6);
        Assert.True(FiniteDifferences.Error(dk, result.DKey) < 5e-6);
        Assert.True(FiniteDifferences.Error(dv, result.DValue) < 5e-6);
    }

    [Fact]
    public void Query_heads_that_share_keys_and_values_add_to_their_gradients()
    {
        Case first = new(70, 8, 0, seed: 1), second = new(70, 8, 0, seed: 1) { Query = RandomValues.Floats(70 * 8, seed: 50) };
        Result one = first.Run(), two = second.Run(), both = second.Run(one);
        for (int i = 0; i < one.DKey.Length; i++)
        {
            Assert.Equal(one.DKey[i] + two.DKey[i], both.DKey[i], 1e-5);
            Assert.Equal(one.DValue[i] + two.DValue[i], both.DValue[i], 1e-5);
        }

        Assert.Equal(two.DQuery, both.DQuery);
    }

    [Fact]
    public void Scores_that_overflow_an_exponential_keep_finite_gradients()
    {
        Case test = new(60, 8, 0) { Query = RandomValues.Floats(60 * 8, seed: 9, scale: 400) };
        Result result = test.Run();
        Assert.All(result.Output, value => Assert.True(float.IsFinite(value)));
        Assert.All(result.DQuery.Concat(result.DKey).Concat(result.DValue), value => Assert.True(float.IsFinite(value)));
    }

    private sealed record Result(float[] Output, float[] DQuery, float[] DKey, float[] DValue);

    private sealed class Case(int length, int width, int window, int seed = 1)
    {
        private readonly float[] _dOutput = RandomValues.Floats(length * width, seed + 3);

        public float[] Query { get; init; } = RandomValues.Floats(length * width, seed);

        public float[] Key { get; } = RandomValues.Floats(length * width, seed + 1);

        public float[] Value { get; } = RandomValues.Floats(length * width, seed + 2);

        /// <summary>Forward and backward with rows apart; key and value gradients replace what is there, or are added to
        /// those given.</summary>
        public Result Run(Result? before = null)
        {
            int qs = width + 3, ks = width + 1, vs = width + 2, os = (2 * width) + 1;
            float[] query = Spread(Query, qs), key = Spread(Key, ks), value = Spread(Value, vs), dOutput = Spread(_dOutput, os);
            float[] output = new float[length * os], logSums = new float[2 * length];
            float[] dQuery = Spread(RandomValues.Floats(length * width, seed: 8), qs);
            float[] dKey = Spread(before?.DKey ?? RandomValues.Floats(length * width, seed: 9), ks);
            float[] dValue = Spread(before?.DValue ?? RandomValues.Floats(length * width, seed: 10), vs);
            fixed (float* q = query, k = key, v = value, o = output, l = logSums, d = dOutput, dq = dQuery, dk = dKey, dv = dValue)
            {
                AttentionGradientHead head = new()
                {
                    HeadWidth = width,
                    SlidingWindow = window,
                    Sink = float.NegativeInfinity,
                    Query = q,
                    QueryStride = qs,
                    Key = k,
                    KeyStride = ks,
                    Value = v,
                    ValueStride = vs,
                    Output = o,
                    OutputStride = os,
                    LogSums = l,
                    LogSumStride = 2,
                };
                head.Forward(length);
                head.Backward(length, d, dq, dk, dv, add: before is not null);
            }

            return new Result(Gather(output, os), Gather(dQuery, qs), Gather(dKey, ks), Gather(dValue, vs));
        }

        public double Loss(double[] q, double[] k, double[] v) => Naive(q, k, v).Zip(_dOutput, (o, g) => o * g).Sum();

        public double[] Naive(double[] q, double[] k, double[] v)
        {
            double[] output = new double[length * width];
            for (int i = 0; i < length; i++)
            {
                double[] p = Weights(q, k, i);
                for (int j = 0; j <= i; j++)
                {
                    for (int c = 0; c < width; c++)
                        output[(i * width) + c] += p[j] * v[(j * width) + c];
                }
            }

            return output;
        }

        public (double[] DQuery, double[] DKey, double[] DValue) NaiveGradients(double[] q, double[] k, double[] v)
        {
            double[] dq = new double[q.Length], dk = new double[k.Length], dv = new double[v.Length];
            for (int i = 0; i < length; i++)
            {
                double[] p = Weights(q, k, i), dp = new double[i + 1];
                for (int j = 0; j <= i; j++)
                {
                    for (int c = 0; c < width; c++)
                    {
                        dp[j] += _dOutput[(i * width) + c] * v[(j * width) + c];
                        dv[(j * width) + c] += p[j] * _dOutput[(i * width) + c];
                    }
                }

                double mean = p.Zip(dp, (a, b) => a * b).Sum();
                for (int j = 0; j <= i; j++)
                {
                    for (int c = 0; c < width; c++)
                    {
                        dq[(i * width) + c] += p[j] * (dp[j] - mean) * k[(j * width) + c];
                        dk[(j * width) + c] += p[j] * (dp[j] - mean) * q[(i * width) + c];
                    }
                }
            }

            return (dq, dk, dv);
        }

        private double[] Weights(double[] q, double[] k, int i)
        {
            double[] weights = new double[i + 1];
            for (int j = 0; j <= i; j++)
            {
                bool seen = window == 0 || j > i - window;
                double score = 0;
                for (int c = 0; c < width; c++)
                    score += q[(i * width) + c] * k[(j * width) + c];
                weights[j] = seen ? Math.Exp(score) : 0;
            }

            double sum = weights.Sum();
            return Array.ConvertAll(weights, weight => weight / sum);
        }

        private float[] Spread(float[] dense, int stride)
        {
            float[] apart = new float[length * stride];
            for (int i = 0; i < length; i++)
                dense.AsSpan(i * width, width).CopyTo(apart.AsSpan(i * stride));
            return apart;
        }

        private float[] Gather(float[] apart, int stride)
        {
            float[] dense = new float[length * width];
            for (int i = 0; i < length; i++)
                apart.AsSpan(i * stride, width).CopyTo(dense.AsSpan(i * width));
            return dense;
        }
    }
}
