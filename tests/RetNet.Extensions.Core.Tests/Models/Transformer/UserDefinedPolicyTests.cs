using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Tests.Generation;

namespace RetNet.Extensions.Core.Tests.Models.Transformer;

/// <summary>A custom policy: what a user writes, and how the engine uses it.</summary>
public sealed class UserDefinedPolicyTests
{
    /// <summary>TOVA that never drops the newest rows: of the others it keeps those with the highest weight.</summary>
    private sealed class ProtectiveTova(int size, int newest) : IMultiStatePolicy
    {
        public string Name => "protective-tova";

        public StateSize Size => size;

        public AttentionNeeds Needs => AttentionNeeds.LastQuery;

        public void Keep(in MultiStateRows rows, Span<bool> keep)
        {
            keep[^newest..].Fill(true);
            float[] weights = rows.LastQuery[..^newest].ToArray();
            foreach (int row in Enumerable.Range(0, weights.Length).OrderByDescending(i => weights[i]).Take(rows.Limit - newest))
                keep[row] = true;
        }
    }

    [Fact]
    public void A_policy_of_ones_own_decides_which_rows_stay()
    {
        using SyntheticModel model = SyntheticModel.Llama();
        using TransformerState state = (TransformerState)model.Model.CreateState(new StateOptions
        {
            Policy = new ProtectiveTova(size: 12,
            newest: 5)
        });
        SyntheticModel.Feed(state, SyntheticModel.Tokens(60));
        for (int position = 60; position < 90; position++)
        {
            SyntheticModel.Feed(state, SyntheticModel.Tokens(1, seed: position));
            for (int layer = 0; layer < 2; layer++)
            {
                long[] kept = state.GetKeptPositions(layer);
                Assert.Equal(12, kept.Length);
                Assert.Equal([position - 4, position - 3, position - 2, position - 1, position], kept[^5..]);
            }
        }
    }

    [Fact]
    public void A_policy_may_keep_fewer_rows_than_its_size()
    {
        using SyntheticModel model = SyntheticModel.Llama();
        using TransformerState state = (TransformerState)model.Model.CreateState(new StateOptions
        {
            Policy = new EvenRows(size: 30,
            every: 4)
        });
        SyntheticModel.Feed(state, SyntheticModel.Tokens(60));
        Assert.Equal(15, state.GetKeptPositions(1).Length);
        SyntheticModel.Feed(state, SyntheticModel.Tokens(20));
        Assert.Equal(9, state.GetKeptPositions(1).Length);
    }

    [Fact]
    public void A_policy_that_keeps_too_many_rows_is_named_with_what_it_did()
    {
        using SyntheticModel model = SyntheticModel.Llama();
        using SequenceState state = model.Model.CreateState(new StateOptions { Policy = new EvenRows(size: 4, every: 2) });
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => SyntheticModel.Feed(state,
            SyntheticModel.Tokens(20)));
        Assert.Equal("The policy 'even-rows' keeps 10 rows of layer 0; at most 4 may stay.", exception.Message);
        exception = Assert.Throws<InvalidOperationException>(() => SyntheticModel.Feed(state, [1]));
        Assert.Contains("left the state incomplete", exception.Message, StringComparison.Ordinal);
    }

    private sealed class EvenRows(int size, int every) : IMultiStatePolicy
    {
        public string Name => "even-rows";

        public StateSize Size => size;

        public AttentionNeeds Needs => AttentionNeeds.None;

        public void Keep(in MultiStateRows rows, Span<bool> keep)
        {
            for (int i = 0; i < rows.Count; i += every)
                keep[i] = true;
        }
    }
}
