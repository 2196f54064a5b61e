using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Models.Transformer.Attention;
using RetNet.Extensions.Core.Tests.Kernels;

namespace RetNet.Extensions.Core.Tests.Models.Transformer;

/// <summary>The attention kernels of every vector width and state format against softmax attention in double precision.</summary>
public sealed unsafe class AttentionTests
{
    public static TheoryData<int, int, int, int> Sizes => new()
    {
        // Old rows, new rows, width of a head, sliding window.
        { 0, 1, 8, 0 },
        { 3, 1, 5, 0 },
        { 63, 1, 64, 0 },
        { 512, 1, 20, 0 },
        { 1100, 1, 40, 0 },
        { 0, 7, 33, 0 },
        { 40, 70, 64, 0 },
        { 500, 40, 18, 0 },
        { 1000, 3, 16, 0 },
        { 100, 1, 16, 30 },
        { 600, 80, 24, 50 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Outputs_and_weights_are_those_of_softmax_attention(int old, int rows, int width, int window)
    {
        Case test = new(old, rows, width, window);
        test.AssertClose(test.Run<FloatVector128, StoredFloat32>());
        test.AssertClose(test.Run<FloatVector256, StoredFloat32>());
        test.AssertClose(test.Run<FloatVector512, StoredFloat32>());
        test.AssertClose(test.Run<FloatVector128, StoredBFloat16>());
        test.AssertClose(test.Run<FloatVector256, StoredBFloat16>());
        test.AssertClose(test.Run<FloatVector512, StoredBFloat16>());
        test.Rounded.AssertClose(test.RunRounded<FloatVector128>());
        test.Rounded.AssertClose(test.RunRounded<FloatVector256>());
        test.Rounded.AssertClose(test.RunRounded<FloatVector512>());
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_query_gets_the_same_bits_alone_and_among_others(int old, int rows, int width, int window)
    {
        Case together = new(old, rows, width, window);
        Result expected = together.Run<FloatVector256, StoredFloat32>();
        int perRow = Case.Heads * width;
        for (int row = 0; row < rows; row++)
        {
            Result alone = together.Alone(row).Run<FloatVector256, StoredFloat32>();
            Assert.Equal(expected.Output.AsSpan(row * perRow, perRow), alone.Output.AsSpan());
            if (row == rows - 1)
                Assert.Equal(expected.LastQuery, alone.LastQuery);
        }
    }

    private sealed record Result(float[] Output, float[] LastQuery, float[] Sums);

    /// <summary>Random queries, keys and values; the numbers are bfloat16, so that both formats hold them exactly.</summary>
    private sealed class Case(int old, int rows, int width, int window)
    {
        public const int Heads = 4;
        private const int KeyValueHeads = 2;

        private readonly int _count = old + rows;

        private float[] Query { get; init; } = Values(rows * Heads * width, 1, scale: 3);

        private float[] Keys { get; init; } = Values(KeyValueHeads * (old + rows) * width, 2, scale: 1);

        private float[] Stored { get; init; } = Values(KeyValueHeads * (old + rows) * width, 3, scale: 1);

        /// <summary>The same with one of the new queries and the rows that it sees.</summary>
        public Case Alone(int row) => new(old + row, 1, width, window)
        {
            Query = Query[(row * Heads * width)..((row + 1) * Heads * width)],
            Keys = Seen(Keys, old + row + 1),
            Stored = Seen(Stored, old + row + 1),
        };

        /// <summary>The same with keys and values that are integers times the scale of their row.</summary>
        public Case Rounded => new(old, rows, width, window)
        {
            Query = Query,
            Keys = Widen(Integers(Keys)),
            Stored = Widen(Integers(Stored)),
        };

        public Result Run<TVector, TStored>()
            where TVector : unmanaged, IFloatVector<TVector>
            where TStored : unmanaged, IStoredFloat<TStored> =>
            Run<TVector, TStored>([.. Keys.Select(TStored.Round)], [.. Stored.Select(TStored.Round)], null, null);

        public Result RunRounded<TVector>()
            where TVector : unmanaged, IFloatVector<TVector>
        {
            (sbyte[] keys, ushort[] keyScales) = Integers(Keys);
            (sbyte[] values, ushort[] valueScales) = Integers(Stored);
            return Run<TVector, StoredInt8>(Array.ConvertAll(keys, key => new StoredInt8(key)),
                Array.ConvertAll(values, value => new StoredInt8(value)), keyScales, valueScales);
        }

        private Result Run<TVector, TStored>(TStored[] keys, TStored[] values, ushort[]? keyScales, ushort[]? valueScales)
            where TVector : unmanaged, IFloatVector<TVector>
            where TStored : unmanaged, IStoredValue<TStored>
        {
            Result result = new(new float[rows * Heads * width], new float[Heads * _count], new float[Heads * _count]);
            long[] positions = [.. Enumerable.Range(100, _count).Select(position => (long)position)];
            float[] segments = new float[AttentionJob.SegmentsOf(_count) * Heads * (width + 2)];
            fixed (float* q = Query, o = result.Output, last = result.LastQuery, sums = result.Sums, parts = segments)
            fixed (TStored* k = keys, v = values)
            fixed (long* p = positions)
            fixed (ushort* ks = keyScales, vs = valueScales)
            {
                AttentionSlice slice = new()
                {
                    FirstRow = 0,
                    Rows = rows,
                    Steps = 1,
                    Position = 100 + old,
                    Count = _count,
                    Capacity = _count,
                    Format = StateFormat.Float32,
                    Keys = (byte*)k,
                    Values = (byte*)v,
                    KeyScales = ks,
                    ValueScales = vs,
                    Positions = p,
                    LastQuery = last,
                    Sums = sums,
                    Segments = parts,
                };
                AttentionJob job = new()
                {
                    Slices = &slice,
                    Query = q,
                    Output = o,
                    Heads = Heads,
                    KeyValueHeads = KeyValueHeads,
                    HeadWidth = width,
                    SlidingWindow = window,
                };
                for (int unit = job.Units(slice) - 1; unit >= 0; unit--)
                    new AttentionHead<TVector, TStored>(job, slice).Run(unit);
                for (int head = 0; rows == 1 && head < Heads; head++)
                    new AttentionMergeJob(job).Merge<TVector>(slice, head);
            }

            return result;
        }

        public void AssertClose(Result result)
        {
            double[] sums = new double[_count];
            for (int head = 0; head < Heads; head++)
            {
                Array.Clear(sums);
                for (int row = 0; row < rows; row++)
                {
                    double[] weights = Weights(head, row);
                    for (int slot = 0; slot < _count; slot++)
                        sums[slot] += weights[slot];
                    for (int c = 0; c < width; c++)
                    {
                        double expected = weights.Select((weight, slot) => weight * Stored[Index(head, slot) + c]).Sum();
                        Assert.Equal(expected, result.Output[(((row * Heads) + head) * width) + c], 2e-5);
                    }

                    for (int slot = 0; row == rows - 1 && slot < _count; slot++)
                        Assert.Equal(weights[slot], result.LastQuery[(head * _count) + slot], 1e-5);
                }

                for (int slot = 0; slot < _count; slot++)
                    Assert.Equal(sums[slot], result.Sums[(head * _count) + slot], 1e-4);
            }
        }

        private double[] Weights(int head, int row)
        {
            double[] scores = new double[_count];
            for (int slot = 0; slot < _count; slot++)
            {
                bool isSeen = slot <= old + row && (window == 0 || slot > old + row - window);
                for (int c = 0; c < width && isSeen; c++)
                    scores[slot] += (double)Query[(((row * Heads) + head) * width) + c] * Keys[Index(head, slot) + c];
                scores[slot] = isSeen ? scores[slot] : double.NegativeInfinity;
            }

            double largest = scores.Max();
            double sum = scores.Sum(score => Math.Exp(score - largest));
            return [.. scores.Select(score => Math.Exp(score - largest) / sum)];
        }

        private int Index(int head, int slot) => (((head / (Heads / KeyValueHeads)) * _count) + slot) * width;

        private float[] Seen(float[] heads, int count) =>
            [.. Enumerable.Range(0, KeyValueHeads).SelectMany(head => heads.Skip(head * _count * width).Take(count * width))];

        private (sbyte[] Integers, ushort[] Scales) Integers(float[] values)
        {
            sbyte[] integers = new sbyte[values.Length];
            ushort[] scales = new ushort[values.Length / width];
            for (int row = 0; row < scales.Length; row++)
                scales[row] = Int8Row.Round(values.AsSpan(row * width, width), integers.AsSpan(row * width, width));
            return (integers, scales);
        }

        private float[] Widen((sbyte[] Integers, ushort[] Scales) rounded)
        {
            float[] values = new float[rounded.Integers.Length];
            for (int row = 0; row < rounded.Scales.Length; row++)
            {
                Int8Row.Widen(rounded.Integers.AsSpan(row * width, width), rounded.Scales[row], values.AsSpan(row * width, width));
            }

            return values;
        }

        private static float[] Values(int count, int seed, float scale) =>
            [.. RandomValues.Floats(count, seed, scale).Select(value => StoredBFloat16.Widen(StoredBFloat16.Round(value)))];
    }
}
