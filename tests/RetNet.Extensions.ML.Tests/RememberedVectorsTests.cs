using RetNet.Extensions.ML.Rows;

namespace RetNet.Extensions.ML.Tests;

public sealed class RememberedVectorsTests
{
    [Fact]
    public void A_text_for_which_there_is_no_room_leaves_that_of_others()
    {
        RememberedVectors vectors = new(10_000);
        string[] large = [new('a', 10_000)], small = ["b"], other = ["c"];
        int computed = 0;

        Get(large, small);
        Get(other);
        Assert.Equal(3, computed);
        Assert.True(vectors.IsFull);
        Get(small, other);
        Assert.Equal(3, computed);
        Get(large);
        Assert.Equal(4, computed);

        void Get(params string[][] rows)
        {
            float[][] found = vectors.Get(rows, missing =>
            {
                computed += missing.Count;
                return [.. missing.Select(row => new float[] { row[0].Length })];
            });
            Assert.Equal(rows.Select(row => (float)row[0].Length), found.Select(vector => vector[0]));
        }
    }

    [Fact]
    public void Room_is_used_up_and_what_was_remembered_stays()
    {
        RememberedVectors vectors = new(10_000);
        string[][] rows = [.. Enumerable.Range(0, 100).Select(i => new[] { $"text {i}" })];
        List<string> computed = [];
        vectors.Get(rows, Compute);
        Assert.True(vectors.IsFull);
        computed.Clear();

        vectors.Get(rows, Compute);

        Assert.InRange(computed.Count, 40, 90);
        Assert.DoesNotContain("text 0", computed);

        float[][] Compute(IReadOnlyList<string[]> missing)
        {
            computed.AddRange(missing.Select(row => row[0]));
            return [.. missing.Select(_ => new float[1])];
        }
    }
}
