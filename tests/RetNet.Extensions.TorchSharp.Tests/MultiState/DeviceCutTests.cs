using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.TorchSharp.Models.Transformer;

namespace RetNet.Extensions.TorchSharp.Tests.MultiState;

/// <summary>What the device keeps is what the policies say, with ties and rows in any order.</summary>
public sealed class DeviceCutTests
{
    private readonly Random _random = new(7);

    [Theory]
    [InlineData("tova")]
    [InlineData("h2o")]
    [InlineData("ends")]
    public void The_rows_that_stay_are_those_that_the_policy_keeps(string name)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        for (int run = 0; run < 60; run++)
        {
            int limit = _random.Next(1, 12);
            IMultiStatePolicy policy = TransformerEngineTests.Policy(name, limit);
            (long[] positions, float[] scores) = Rows(limit + _random.Next(1, 9));
            Tensor kept = DeviceCut.Kept(policy.Rule!.Value, limit, torch.tensor(scores), torch.tensor(positions));
            long[] actual = [.. MemoryMarshal.Cast<byte, long>(kept.bytes).ToArray().Select(slot => positions[slot])];
            Assert.Equal(Expected(policy, limit, positions, scores), actual);
        }
    }

    [Fact]
    public void The_row_that_goes_is_the_one_that_the_policy_drops()
    {
        using DisposeScope scope = torch.NewDisposeScope();
        for (int run = 0; run < 60; run++)
        {
            int limit = _random.Next(1, 12);
            (long[] positions, float[] scores) = Rows(limit + 1);
            Tensor slot = DeviceCut.Lowest(torch.tensor(scores).unsqueeze(0), torch.tensor(positions).unsqueeze(0), null);
            Assert.Equal(positions.Except(Expected(new Tova(limit), limit, positions, scores)), [positions[slot.item<long>()]]);
        }
    }

    // Few different scores, so that many are equal; positions in any order, with gaps.
    private (long[] Positions, float[] Scores) Rows(int count)
    {
        long[] positions = [.. Enumerable.Range(0, count).Select(i => (long)(i * 3) + _random.Next(3))];
        _random.Shuffle(positions);
        return (positions, [.. positions.Select(_ => _random.Next(4) / 4f)]);
    }

    private static long[] Expected(IMultiStatePolicy policy, int limit, long[] positions, float[] scores)
    {
        (long Position, float Score)[] rows = [.. positions.Zip(scores).OrderBy(row => row.First)];
        float[] ordered = [.. rows.Select(row => row.Score)];
        bool[] keep = new bool[rows.Length];
        policy.Keep(
            new MultiStateRows
            {
                Layer = 0,
                Limit = limit,
                Positions = rows.Select(row => row.Position).ToArray(),
                LastQuery = ordered,
                Accumulated = ordered
            }, keep);
        return [.. rows.Where((_, i) => keep[i]).Select(row => row.Position)];
    }
}
