using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Models.Transformer.Attention;
using RetNet.Extensions.Core.Tests.Kernels;

namespace RetNet.Extensions.Core.Tests.Models.Transformer;

/// <summary>A layer's attention and cut under TOVA against the naive one, for any k, number of heads, group and cut of the
/// input.</summary>
public sealed unsafe class NaiveTovaTests
{
    // Rounding of scores of size 5 and of sums of up to 300 weights.
    private const double Tolerance = 2e-5;

    // Rows whose attention differs by less may be ranked either way.
    private const double SmallestMargin = 5e-5;

    [Property(MaxTest = 60)]
    public void Attention_and_kept_rows_are_those_of_naive_Tova(
        PositiveInt size, PositiveInt[] pieces, PositiveInt width, PositiveInt heads, NonNegativeInt seed)
    {
        Case test = new((size.Get * 3 % 80) + 1, (width.Get % 40) + 1, (heads.Get % 3) + 1, (seed.Get % 3) + 1, seed.Get);
        int[] prompts = [.. pieces.Select(piece => (piece.Get * 7 % 50) + 1)];
        test.AssertSame([.. prompts, .. Enumerable.Repeat(1, 25), .. prompts]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(513)]
    public void Decoding_alone_keeps_the_rows_of_naive_Tova(int size) =>
        new Case(size, width: 16, shared: 2, group: 2, seed: size).AssertSame([.. Enumerable.Repeat(1, size + 60)]);

    private sealed class Case(int size, int width, int shared, int group, int seed)
    {
        private readonly int _heads = shared * group;

        /// <summary>Feeds pieces of random tokens to both and compares outputs and kept rows after each.</summary>
        public void AssertSame(int[] pieces)
        {
            int total = pieces.Sum();
            float[] query = RandomValues.Floats(total * _heads * width, seed, scale: 6 / MathF.Sqrt(width));
            float[] key = RandomValues.Floats(total * shared * width, seed + 1), value = RandomValues.Floats(key.Length, seed + 2);
            NaiveTova naive = new(size, group);
            using LayerRows rows = new(shared, width, StateFormat.Float32);
            rows.Resize(total);
            StateCut cut = new();
            int first = 0;
            foreach (int count in pieces)
            {
                double[][][] expected = naive.Feed([.. Enumerable.Range(first, count).Select(n => new NaiveTova.Token(
                    n, Heads(query, n, _heads), Heads(key, n, shared), Heads(value, n, shared)))]);
                float[] actual = Feed(rows, cut, query, key, value, first, count);
                double[] flat = [.. expected.SelectMany(token => token).SelectMany(head => head)];
                for (int i = 0; i < flat.Length; i++)
                    Assert.Equal(flat[i], actual[i], Tolerance);
                if (naive.Margin < SmallestMargin)
                    return;
                Assert.Equal(naive.Kept, rows.Order.ToArray().Select(slot => rows.Positions[slot]));
                first += count;
            }
        }

        /// <summary>Appends tokens, attends and cuts, as a layer of a Transformer does.</summary>
        private float[] Feed(LayerRows rows, StateCut cut, float[] query, float[] key, float[] value, int first, int count)
        {
            float[] output = new float[count * _heads * width], lastQuery = new float[_heads * (rows.Count + count)];
            float[] segments = new float[AttentionJob.SegmentsOf(rows.Count + count) * _heads * (width + 2)];
            fixed (float* q = query, k = key, v = value, o = output, last = lastQuery, parts = segments)
            {
                for (int n = first; n < first + count; n++)
                    rows.Append(n, k + ((long)n * shared * width), v + ((long)n * shared * width));
                AttentionSlice slice = new()
                {
                    FirstRow = 0,
                    Rows = count,
                    Steps = 1,
                    Position = first,
                    Count = rows.Count,
                    Capacity = rows.Capacity,
                    Format = StateFormat.Float32,
                    Keys = rows.Keys,
                    Values = rows.Values,
                    Positions = rows.Positions,
                    LastQuery = last,
                    Sums = null,
                    Segments = parts,
                };
                AttentionJob job = new()
                {
                    Slices = &slice,
                    Query = q + ((long)first * _heads * width),
                    Output = o,
                    Heads = _heads,
                    KeyValueHeads = shared,
                    HeadWidth = width,
                    SlidingWindow = 0,
                };
                job.Run(0, job.Units(slice));
                new AttentionMergeJob(job).Run(0, _heads);
                cut.Apply(rows, 0, new Tova(size), size, slice, _heads);
            }

            return output;
        }

        private double[][] Heads(float[] values, int token, int heads) =>
        [
            .. Enumerable.Range(token * heads, heads)
                .Select(row => Array.ConvertAll(values[(row * width)..((row + 1) * width)], number => (double)number)),
        ];
    }
}
