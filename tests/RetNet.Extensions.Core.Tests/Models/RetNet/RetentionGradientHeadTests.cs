using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Tests.Kernels;
using RetNet.Extensions.Core.Training.Layers;

namespace RetNet.Extensions.Core.Tests.Models.RetNet;

/// <summary>Retention for training against the parallel formula in double precision.</summary>
public sealed unsafe class RetentionGradientHeadTests
{
    private const float LogDecay = -0.05f;

    [Theory]
    [InlineData(1, 4, 0)]
    [InlineData(11, 4, 0)]
    [InlineData(11, 11, 0)]
    [InlineData(13, 5, 7)]
    [InlineData(6, 64, 3)]
    public void Gradients_equal_finite_differences(int length, int chunk, long position)
    {
        Case test = new(length, keyWidth: 3, valueWidth: 5);
        Result result = test.Run(RetentionScaling.None, chunk, position);
        double[] q =
            FiniteDifferences.Doubles(test.Query), k = FiniteDifferences.Doubles(test.Key), v = FiniteDifferences.Doubles(test.Value);
        double Loss() => test.Naive(q, k, v, position, result.RowFactors).Zip(test.DOutput, (o, g) => o * g).Sum();

        Assert.True(FiniteDifferences.Error(test.Naive(q, k, v, position, result.RowFactors), result.Output) < 2e-6);
        Assert.True(FiniteDifferences.Error(FiniteDifferences.Gradient(q, Loss), result.DQuery) < 1e-5);
        Assert.True(FiniteDifferences.Error(FiniteDifferences.Gradient(k, Loss), result.DKey) < 1e-5);
        Assert.True(FiniteDifferences.Error(FiniteDifferences.Gradient(v, Loss), result.DValue) < 1e-5);
    }

    [Theory]
    [InlineData(RetentionScaling.None, 64, 0)]
    [InlineData(RetentionScaling.None, 50, 10)]
    [InlineData(RetentionScaling.Recurrent, 64, 0)]
    [InlineData(RetentionScaling.Recurrent, 64, 10)]
    [InlineData(RetentionScaling.TorchScaleParallel, 150, 0)]
    [InlineData(RetentionScaling.TorchScaleChunkwise, 50, 0)]
    public void Every_form_equals_inference_and_the_quadratic_gradient(object form, int chunk, long position)
    {
        RetentionScaling scaling = (RetentionScaling)form;
        Case test = new(150, keyWidth: 16, valueWidth: 32);
        Result result = test.Run(scaling, chunk, position);
        float[] inference = test.RunInference(scaling, chunk, position, out float[] state);
        Assert.True(FiniteDifferences.Error(FiniteDifferences.Doubles(inference), result.Output) < 2e-6);
        Assert.True(FiniteDifferences.Error(FiniteDifferences.Doubles(state), result.State) < 2e-6);

        (double[] dq, double[] dk, double[] dv) = test.NaiveGradients(position, result.RowFactors);
        Assert.True(FiniteDifferences.Error(dq, result.DQuery) < 5e-6);
        Assert.True(FiniteDifferences.Error(dk, result.DKey) < 5e-6);
        Assert.True(FiniteDifferences.Error(dv, result.DValue) < 5e-6);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(64)]
    [InlineData(100)]
    public void Chunkwise_gradients_equal_parallel_ones(int chunk)
    {
        Case test = new(230, keyWidth: 16, valueWidth: 16);
        Result parallel = test.Run(RetentionScaling.None, 230, 0), chunkwise = test.Run(RetentionScaling.None, chunk, 0);
        Assert.True(FiniteDifferences.Error(FiniteDifferences.Doubles(parallel.Output), chunkwise.Output) < 2e-6);
        Assert.True(FiniteDifferences.Error(FiniteDifferences.Doubles(parallel.DQuery), chunkwise.DQuery) < 2e-6);
        Assert.True(FiniteDifferences.Error(FiniteDifferences.Doubles(parallel.DKey), chunkwise.DKey) < 2e-6);
        Assert.True(FiniteDifferences.Error(FiniteDifferences.Doubles(parallel.DValue), chunkwise.DValue) < 2e-6);
    }

    [Fact]
    public void Query_heads_that_share_keys_and_values_add_to_their_gradients()
    {
        Case first = new(40, 4, 4), second = new(40, 4, 4) { Query = RandomValues.Floats(40 * 4, seed: 50) };
        Result one = first.Run(RetentionScaling.None, 16, 0), two = second.Run(RetentionScaling.None, 16, 0);
        Result both = second.Run(RetentionScaling.None, 16, 0, one);
        for (int i = 0; i < one.DKey.Length; i++)
        {
            Assert.Equal(one.DKey[i] + two.DKey[i], both.DKey[i], 1e-5);
            Assert.Equal(one.DValue[i] + two.DValue[i], both.DValue[i], 1e-5);
        }
    }

    [Fact]
    public void A_decay_that_vanishes_over_a_chunk_keeps_finite_gradients()
    {
        Case test = new(600, 4, 4) { LogDecay = -3 };
        Result result = test.Run(RetentionScaling.None, 600, 0);
        Assert.All(result.Output.Concat(result.DQuery).Concat(result.DKey).Concat(result.DValue),
            value => Assert.True(float.IsFinite(value)));
    }

    private sealed record Result(float[] Output, float[] RowFactors, float[] State, float[] DQuery, float[] DKey, float[] DValue);

    private sealed class Case(int length, int keyWidth, int valueWidth)
    {
        private readonly float[] _state = RandomValues.Floats(keyWidth * valueWidth, seed: 5);

        public float[] Query { get; init; } = RandomValues.Floats(length * keyWidth, seed: 1);

        public float[] Key { get; } = RandomValues.Floats(length * keyWidth, seed: 2);

        public float[] Value { get; } = RandomValues.Floats(length * valueWidth, seed: 3);

        public float[] DOutput { get; } = RandomValues.Floats(length * valueWidth, seed: 4);

        public float LogDecay { get; init; } = RetentionGradientHeadTests.LogDecay;

        /// <summary>Forward and backward with rows apart; key and value gradients replace what is there, or are added to
        /// those given.</summary>
        public Result Run(RetentionScaling scaling, int chunk, long position, Result? before = null)
        {
            int stride = keyWidth + valueWidth + 1, outputStride = valueWidth
                + 3, stateLength = keyWidth * valueWidth, chunks = (length + chunk - 1) / chunk;
            float[] query = Spread(Query, keyWidth, stride), key = Spread(Key, keyWidth, stride), value = Spread(Value, valueWidth, stride);
            float[] output = new float[length * outputStride], dOutput = Spread(DOutput, valueWidth, outputStride);
            float[] states = new float[(chunks + 1) * stateLength], factors = new float[length * 2], dQuery = new float[length * stride];
            float[] dKey = Spread(before?.DKey ?? RandomValues.Floats(Key.Length, seed: 8), keyWidth, stride);
            float[] dValue = Spread(before?.DValue ?? RandomValues.Floats(Value.Length, seed: 9), valueWidth, stride);
            if (position > 0)
                _state.CopyTo(states, 0);
            fixed (float* q = query, k = key, v = value, o = output, u = states, r = factors, d = dOutput, dq = dQuery, dk = dKey,
                dv = dValue)
            {
                RetentionGradientHead head = new()
                {
                    KeyWidth = keyWidth,
                    ValueWidth = valueWidth,
                    LogDecay = LogDecay,
                    Scaling = scaling,
                    Chunk = chunk,
                    Query = q,
                    Key = k,
                    Value = v,
                    Stride = stride,
                    OutputStride = outputStride,
                    RowFactors = r,
                    RowFactorStride = 2,
                    States = u,
                };
                head.Forward(position, length, o);
                head.Backward(position, length, d, dq, dk, dv, add: before is not null);
            }

            return new Result(
                Gather(output, valueWidth, outputStride), Gather(factors, 1, 2), states[^stateLength..],
                Gather(dQuery, keyWidth, stride), Gather(dKey, keyWidth, stride), Gather(dValue, valueWidth, stride));
        }

        public float[] RunInference(RetentionScaling scaling, int chunk, long position, out float[] state)
        {
            float[] output = new float[length * valueWidth];
            state = position > 0 ? [.. _state] : new float[keyWidth * valueWidth];
            fixed (float* q = Query, k = Key, v = Value, o = output, u = state)
            {
                new RetentionHead<StoredFloat32>
                {
                    KeyWidth = keyWidth,
                    ValueWidth = valueWidth,
                    LogDecay = LogDecay,
                    Scaling = scaling,
                    Query = q,
                    QueryStride = keyWidth,
                    Key = k,
                    KeyStride = keyWidth,
                    Value = v,
                    ValueStride = valueWidth,
                    Output = o,
                    OutputStride = valueWidth,
                    State = (StoredFloat32*)u,
                }.Run(position, length, chunk);
            }

            return output;
        }

        /// <summary>o_i = r_i (γ^(i+1) q_i U + Σ_{j≤i} γ^(i−j) (q_i·k_j) v_j).</summary>
        public double[] Naive(double[] q, double[] k, double[] v, long position, float[] factors)
        {
            double[] output = new double[length * valueWidth];
            for (int i = 0; i < length; i++)
            {
                for (int c = 0; c < valueWidth; c++)
                {
                    double sum = 0;
                    for (int a = 0; a < keyWidth && position > 0; a++)
                        sum += Decay(i + 1) * q[(i * keyWidth) + a] * _state[(a * valueWidth) + c];
                    for (int j = 0; j <= i; j++)
                        sum += Decay(i - j) * Dot(q, k, i, j) * v[(j * valueWidth) + c];
                    output[(i * valueWidth) + c] = factors[i] * sum;
                }
            }

            return output;
        }

        public (double[] DQuery, double[] DKey, double[] DValue) NaiveGradients(long position, float[] factors)
        {
            double[] q = FiniteDifferences.Doubles(Query), k = FiniteDifferences.Doubles(Key), v = FiniteDifferences.Doubles(Value);
            double[] dq = new double[q.Length], dk = new double[k.Length], dv = new double[v.Length];
            for (int i = 0; i < length; i++)
            {
                double[] d = [.. DOutput.Skip(i * valueWidth).Take(valueWidth).Select(x => (double)x * factors[i])];
                for (int a = 0; a < keyWidth && position > 0; a++)
                {
                    for (int c = 0; c < valueWidth; c++)
                        dq[(i * keyWidth) + a] += Decay(i + 1) * d[c] * _state[(a * valueWidth) + c];
                }

                for (int j = 0; j <= i; j++)
                {
                    double score = Decay(i - j) * Dot(q, k, i, j), dScore = 0;
                    for (int c = 0; c < valueWidth; c++)
                    {
                        dScore += Decay(i - j) * d[c] * v[(j * valueWidth) + c];
                        dv[(j * valueWidth) + c] += score * d[c];
                    }

                    for (int a = 0; a < keyWidth; a++)
                    {
                        dq[(i * keyWidth) + a] += dScore * k[(j * keyWidth) + a];
                        dk[(j * keyWidth) + a] += dScore * q[(i * keyWidth) + a];
                    }
                }
            }

            return (dq, dk, dv);
        }

        private double Decay(int power) => Math.Exp(power * (double)LogDecay);

        private double Dot(double[] q, double[] k, int i, int j)
        {
            double sum = 0;
            for (int a = 0; a < keyWidth; a++)
                sum += q[(i * keyWidth) + a] * k[(j * keyWidth) + a];
            return sum;
        }

        private float[] Spread(float[] dense, int width, int stride)
        {
            float[] apart = new float[length * stride];
            for (int i = 0; i < length; i++)
                dense.AsSpan(i * width, width).CopyTo(apart.AsSpan(i * stride));
            return apart;
        }

        private float[] Gather(float[] apart, int width, int stride)
        {
            float[] dense = new float[length * width];
            for (int i = 0; i < length; i++)
                apart.AsSpan(i * stride, width).CopyTo(dense.AsSpan(i * width));
            return dense;
        }
    }
}
