using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Tests.Kernels;
using RetNet.Extensions.Core.Training.Layers;

namespace RetNet.Extensions.Core.Tests.Models.RetNet;

/// <summary>Every fast form of retention against the naive one, for any shape, chunk, decay and number of heads that share keys.</summary>
public sealed unsafe class NaiveRetentionTests
{
    [Property(MaxTest = 60)]
    public void Steps_chunks_and_the_parallel_form_compute_naive_retention(
        PositiveInt length, PositiveInt chunk, PositiveInt keys, PositiveInt values, PositiveInt heads, NonNegativeInt seed,
        bool torchScale)
    {
        Case test = Case.Of(length, keys, values, heads, seed);
        RetentionScaling scaling = torchScale ? RetentionScaling.Recurrent : RetentionScaling.None;
        int tokens = (chunk.Get * 5 % 100) + 1;
        test.AssertClose(test.Infer(scaling, piece: 1, chunk: tokens), scaling);
        test.AssertClose(test.Infer(scaling, piece: test.Length, chunk: tokens), scaling);
        test.AssertClose(test.Infer(scaling, piece: tokens, chunk: (seed.Get % 30) + 2), scaling);
        test.AssertClose(test.Infer(scaling, piece: test.Length, chunk: test.Length), scaling);
    }

    [Property(MaxTest = 30)]
    public void Torchscales_parallel_form_divides_naive_retention_by_its_row_sums(
        PositiveInt length, PositiveInt keys, PositiveInt values, PositiveInt heads, NonNegativeInt seed)
    {
        Case test = Case.Of(length, keys, values, heads, seed);
        test.AssertClose(test.Infer(RetentionScaling.TorchScaleParallel, test.Length, test.Length), RetentionScaling.TorchScaleParallel);
    }

    [Property(MaxTest = 30)]
    public void A_step_computes_naive_retention_in_every_vector_width(
        PositiveInt length, PositiveInt keys, PositiveInt values, NonNegativeInt seed)
    {
        Case test = new((length.Get * 3 % 60) + 1, (keys.Get % 24) + 1, (values.Get * 3 % 100) + 1, 1, 1, seed.Get);
        test.AssertClose(test.Step<FloatVector128>(), RetentionScaling.None);
        test.AssertClose(test.Step<FloatVector256>(), RetentionScaling.None);
        test.AssertClose(test.Step<FloatVector512>(), RetentionScaling.None);
    }

    [Property(MaxTest = 30)]
    public void Training_computes_naive_retention(
        PositiveInt length, PositiveInt chunk, PositiveInt keys, PositiveInt values, PositiveInt heads, NonNegativeInt seed)
    {
        Case test = Case.Of(length, keys, values, heads, seed);
        test.AssertClose(test.Train((chunk.Get * 5 % 100) + 1), RetentionScaling.None);
    }

    /// <summary>Random queries, keys, values and decays of some heads, of which <paramref name="group"/> share keys and values.</summary>
    private sealed class Case(int length, int keyWidth, int valueWidth, int shared, int group, int seed)
    {
        private readonly int _heads = shared * group;
        private readonly float[] _query = RandomValues.Floats(length * shared * group * keyWidth, seed);
        private readonly float[] _key = RandomValues.Floats(length * shared * keyWidth, seed + 1);
        private readonly float[] _value = RandomValues.Floats(length * shared * valueWidth, seed + 2);

        // γ from 0.37 to 0.998.
        private readonly float[] _logDecay =
            [.. RandomValues.Floats(shared * group, seed + 3).Select(exponent => -MathF.Exp(3 * (exponent - 1)))];

        public int Length => length;

        /// <summary>A case of up to 150 tokens and up to six heads, some of which share keys.</summary>
        public static Case Of(PositiveInt length, PositiveInt keys, PositiveInt values, PositiveInt heads, NonNegativeInt seed) => new(
            (length.Get * 3 % 150) + 1, (keys.Get % 24) + 1, (values.Get * 3 % 70) + 1, (heads.Get % 3) + 1, (seed.Get % 2) + 1, seed.Get);

        /// <summary>The forward pass of inference, fed in pieces.</summary>
        public float[] Infer(RetentionScaling scaling, int piece, int chunk)
        {
            float[] output = new float[length * _heads * valueWidth], state = new float[_heads * keyWidth * valueWidth];
            fixed (float* q = _query, k = _key, v = _value, o = output, u = state, decay = _logDecay)
            {
                for (int first = 0; first < length; first += piece)
                {
                    RetentionSlice slice = new()
                    {
                        Position = first,
                        FirstRow = first,
                        Rows = Math.Min(piece, length - first),
                        Chunk = chunk,
                        Scaling = scaling,
                        Format = StateFormat.Float32,
                        State = (byte*)u,
                    };
                    new RetentionJob
                    {
                        Slices = &slice,
                        Query = q,
                        Key = k,
                        Value = v,
                        Output = o,
                        LogDecay = decay,
                        Heads = _heads,
                        KeyValueHeads = shared,
                        KeyWidth = keyWidth,
                        ValueWidth = valueWidth,
                    }.Run(0, _heads);
                }
            }

            return output;
        }

        /// <summary>The recurrent form of a single head in vectors of one width.</summary>
        public float[] Step<TVector>()
            where TVector : unmanaged, IFloatVector<TVector>
        {
            float[] output = new float[length * valueWidth], state = new float[keyWidth * valueWidth];
            fixed (float* q = _query, k = _key, v = _value, o = output, u = state)
            {
                for (int n = 0; n < length; n++)
                {
                    RecurrentStep.Run<TVector, StoredFloat32>((StoredFloat32*)u, q + (n * keyWidth), k + (n * keyWidth),
                        v + (n * valueWidth), o + (n * valueWidth), keyWidth, valueWidth, MathF.Exp(_logDecay[0]));
                }
            }

            return output;
        }

        /// <summary>The forward pass of training, whose queries, keys and values of a token lie in one row.</summary>
        public float[] Train(int chunk)
        {
            int keys = _heads * keyWidth, values = keys + (shared * keyWidth), stride = values + (shared * valueWidth);
            float[] rows = new float[length * stride], output = new float[length * _heads * valueWidth], factors = new float[length];
            for (int n = 0; n < length; n++)
            {
                Row(_query, n, keys).CopyTo(rows, n * stride);
                Row(_key, n, values - keys).CopyTo(rows, (n * stride) + keys);
                Row(_value, n, stride - values).CopyTo(rows, (n * stride) + values);
            }

            int chunks = (length + chunk - 1) / chunk;
            for (int head = 0; head < _heads; head++)
            {
                float[] states = new float[(chunks + 1) * keyWidth * valueWidth];
                fixed (float* x = rows, o = output, u = states, r = factors)
                {
                    new RetentionGradientHead
                    {
                        KeyWidth = keyWidth,
                        ValueWidth = valueWidth,
                        LogDecay = _logDecay[head],
                        Scaling = RetentionScaling.None,
                        Chunk = chunk,
                        Query = x + (head * keyWidth),
                        Key = x + keys + (head / group * keyWidth),
                        Value = x + values + (head / group * valueWidth),
                        Stride = stride,
                        OutputStride = _heads * valueWidth,
                        RowFactors = r,
                        RowFactorStride = 1,
                        States = u,
                    }.Forward(0, length, o + (head * valueWidth));
                }
            }

            return output;
        }

        /// <summary>Asserts that no output is further from the naive one than rounding can take it: each of T steps multiplies by a decay
        /// and adds, each of dk products is added, and the sum of the terms' magnitudes says what one rounding of 2⁻²⁴ can do.</summary>
        public void AssertClose(float[] actual, RetentionScaling scaling)
        {
            double unit = ((4 * length) + (2 * keyWidth) + 16) * Math.ScaleB(1, -24);
            for (int head = 0; head < _heads; head++)
            {
                double[][] q = Rows(_query, _heads, keyWidth, head), k = Rows(_key, shared, keyWidth, head / group);
                double[][] v = Rows(_value, shared, valueWidth, head / group);
                double decay = Math.Exp(_logDecay[head]);
                double[][] expected = NaiveRetention.Parallel(q, k, v, decay);
                double[][] magnitudes = NaiveRetention.Parallel(Magnitudes(q), Magnitudes(k), Magnitudes(v), decay);
                double[][] scores = NaiveRetention.Parallel(Magnitudes(q), Magnitudes(k), [.. v.Select(_ => new[] { 1.0 })], decay);
                double[] divisors = NaiveRetention.Divisors(q, k, decay, scaling);
                for (int n = 0; n < length; n++)
                {
                    // A divisor that is itself a sum of scores brings their errors.
                    double slack = scaling == RetentionScaling.TorchScaleParallel ? 1 + (scores[n][0] / divisors[n]) : 1;
                    for (int c = 0; c < valueWidth; c++)
                    {
                        double bound = (unit * slack * magnitudes[n][c] / divisors[n]) + 1e-30;
                        Assert.Equal(expected[n][c] / divisors[n], actual[(((n * _heads) + head) * valueWidth) + c], bound);
                    }
                }
            }
        }

        private static float[] Row(float[] rows, int row, int width) => rows[(row * width)..((row + 1) * width)];

        private static double[][] Magnitudes(double[][] rows) => [.. rows.Select(row => Array.ConvertAll(row, Math.Abs))];

        private double[][] Rows(float[] values, int heads, int width, int head) =>
        [
            .. Enumerable.Range(0, length)
                .Select(n => Array.ConvertAll(Row(values, (n * heads) + head, width), value => (double)value)),
        ];
    }
}
