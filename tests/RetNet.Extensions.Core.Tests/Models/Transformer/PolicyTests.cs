using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Core.Tests.Models.Transformer;

/// <summary>Each policy's rule on rows made by hand.</summary>
public sealed class PolicyTests
{
    [Fact]
    public void Tova_keeps_the_rows_with_the_highest_last_query_weights() =>
        Assert.Equal([1, 3, 4], Kept(new Tova(3), [.1f, .3f, .05f, .2f, .25f, .1f]));

    [Fact]
    public void Tova_drops_one_row_while_decoding() => Assert.Equal([0, 2, 3], Kept(new Tova(3), [.3f, .1f, .2f, .4f]));

    [Theory]
    [InlineData(3, new[] { 0, 1, 2 })]
    [InlineData(1, new[] { 0 })]
    public void Tova_keeps_older_row_when_scores_tie(int k, int[] expected) =>
        Assert.Equal(expected, Kept(new Tova(k), [.25f, .25f, .25f, .25f]));

    [Fact]
    public void Tova_keeps_older_of_the_rows_that_tie_at_the_border() =>
        Assert.Equal([1, 2, 4], Kept(new Tova(3), [.1f, .2f, .2f, .2f, .3f]));

    [Fact]
    public void Tova_does_not_protect_the_newest_row() => Assert.Equal([0, 1], Kept(new Tova(2), [.5f, .4f, .1f]));

    [Property(MaxTest = 200)]
    public void Tova_keeps_what_a_stable_sort_puts_first(byte[] weights, PositiveInt size)
    {
        float[] scores = [.. weights.Select(weight => weight % 7 / 7f), 0.5f, 0.5f];
        int k = (size.Get % (scores.Length - 1)) + 1;
        int[] expected = [.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).Take(k).Order()];
        Assert.Equal(expected, Kept(new Tova(k), scores));
    }

    [Fact]
    public void Window_keeps_the_last_rows() => Assert.Equal([3, 4, 5], Kept(new Window(3), new float[6]));

    [Theory]
    [InlineData(0, 3, new[] { 4, 5, 6 })]
    [InlineData(1, 3, new[] { 0, 5, 6 })]
    [InlineData(2, 5, new[] { 0, 1, 4, 5, 6 })]
    [InlineData(3, 3, new[] { 0, 1, 2 })]
    [InlineData(9, 3, new[] { 0, 1, 2 })]
    public void Sinks_keep_the_first_rows_and_the_last_ones(int sinks, int k, int[] expected) =>
        Assert.Equal(expected, Kept(new Sinks(sinks, k), new float[7]));

    [Fact]
    public void Scores_that_are_no_numbers_are_the_lowest()
    {
        Assert.Equal([1, 3, 4], Kept(new Tova(3), [float.NaN, .3f, float.NaN, .2f, .25f, float.NaN]));
        Assert.Equal([0, 1, 2], Kept(new Tova(3), [float.NaN, float.NaN, float.NaN, float.NaN, float.NaN, float.NaN]));
        Assert.Equal([0, 2], Kept(new Tova(2), [.3f, float.NaN, .2f]));
        Assert.Equal([0, 1, 2], Kept(new Tova(3), [float.NaN, float.NaN, float.NaN, float.NaN]));
    }

    [Fact]
    public void Sinks_are_not_negative() => Assert.Throws<ArgumentOutOfRangeException>(() => new Sinks(-1, 4));

    [Theory]
    [InlineData(1, new[] { 1 })] // no recent half: the heaviest row alone
    [InlineData(2, new[] { 1, 5 })]
    [InlineData(3, new[] { 1, 3, 5 })]
    [InlineData(4, new[] { 1, 3, 4, 5 })]
    [InlineData(5, new[] { 0, 1, 3, 4, 5 })]
    public void H2O_keeps_the_recent_half_and_the_heaviest_of_the_rest(int k, int[] expected) =>
        Assert.Equal(expected, Kept(new H2O(k), [2f, 9f, 1f, 7f, .1f, .2f]));

    [Fact]
    public void H2O_keeps_older_row_when_scores_tie() => Assert.Equal([0, 1, 4, 5], Kept(new H2O(4), [1f, 1f, 1f, 1f, 0f, 0f]));

    [Theory]
    [InlineData(2, 0, 4, new[] { 0, 1, 3, 4 })]
    [InlineData(1, 0.5, 4, new[] { 0, 3, 4, 5 })]
    [InlineData(9, 0.25, 4, new[] { 0, 1, 2, 5 })]
    [InlineData(0, 1, 3, new[] { 3, 4, 5 })]
    public void A_rule_keeps_the_first_rows_the_newest_and_the_highest_between_them(int first, double newest, int k, int[] expected) =>
        Assert.Equal(expected, Kept(new Ruled(k, new KeepRule(AttentionNeeds.LastQuery, first, newest)), [.1f, .2f, .3f, .5f, .4f, .0f]));

    [Fact]
    public void A_rule_scores_by_one_kind_of_attention_and_its_numbers_are_in_range()
    {
        Assert.Throws<ArgumentException>(() => new KeepRule(AttentionNeeds.LastQuery | AttentionNeeds.Accumulated));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KeepRule(AttentionNeeds.None, first: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KeepRule(AttentionNeeds.None, newestShare: double.NaN));
    }

    [Fact]
    public void Policies_are_equal_if_they_keep_the_same_rows()
    {
        Assert.Equal(new Tova(4), new Tova(4));
        Assert.NotEqual(new Tova(4), new Tova(5));
        Assert.NotEqual<IMultiStatePolicy>(new Tova(4), new H2O(4));
        Assert.NotEqual(new Sinks(1, 4), new Sinks(2, 4));
        Assert.Equal(new StateOptions { Policy = new Sinks(1, 4) }, new StateOptions { Policy = new Sinks(1, 4) });
        Assert.NotEqual(new StateOptions { Policy = new Window(4) }, new StateOptions { Policy = Full.Instance });
    }

    [Fact]
    public void A_policy_with_a_rule_runs_in_a_batch_and_one_that_may_throw_does_not()
    {
        IMultiStatePolicy ruled = new Ruled(4, new KeepRule(AttentionNeeds.None));

        Assert.All((IMultiStatePolicy[])[Full.Instance, new Tova(4), new H2O(4), new Window(4), new Sinks(1, 4), ruled],
            policy => Assert.True(policy.RunsInBatch));
        Assert.False(((IMultiStatePolicy)new Computed()).RunsInBatch);
    }

    [Fact]
    public void Full_keeps_everything() => Assert.Equal([0, 1, 2], Kept(Full.Instance, new float[3]));

    [Theory]
    [InlineData("512", 512)]
    [InlineData(" 1 ", 1)]
    [InlineData("0.25", 100)]
    [InlineData("25%", 100)]
    [InlineData("12.5%", 50)]
    [InlineData("1.0", 400)]
    [InlineData("0.0001", 1)]
    public void State_size_is_read_as_rows_or_a_part_of_the_context(string text, int rows) =>
        Assert.Equal(rows, StateSize.Parse(text).Resolve(400));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-4")]
    [InlineData("0.0")]
    [InlineData("1.5")]
    [InlineData("101%")]
    [InlineData("0%")]
    [InlineData("many")]
    [InlineData("NaN%")]
    [InlineData("1e3")]
    [InlineData("99999999999")]
    public void A_text_that_is_no_state_size_is_refused_with_examples(string text)
    {
        FormatException exception = Assert.Throws<FormatException>(() => StateSize.Parse(text));
        Assert.Contains("512", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"'{text}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void State_size_resolves_against_the_context()
    {
        Assert.Null(StateSize.Unbounded.Resolve(100));
        Assert.Equal(7, ((StateSize)7).Resolve(null));
        Assert.Contains("25%", Assert.Throws<ArgumentException>(() => StateSize.FractionOfContext(0.25).Resolve(null)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => StateSize.Rows(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => StateSize.FractionOfContext(double.NaN));
        Assert.Equal(("unbounded", "512", "25%"),
            (StateSize.Unbounded.ToString(), StateSize.Rows(512).ToString(), StateSize.FractionOfContext(0.25).ToString()));
    }

    private sealed record Ruled(int K, KeepRule Of) : RulePolicy("ruled", K, Of);

    private sealed class Computed : IMultiStatePolicy
    {
        public string Name => "computed";

        public StateSize Size => 4;

        public AttentionNeeds Needs => AttentionNeeds.None;

        public void Keep(in MultiStateRows rows, Span<bool> keep) => keep[..4].Fill(true);
    }

    /// <summary>The indices of the rows that stay; both kinds of scores are the given ones.</summary>
    private static int[] Kept(IMultiStatePolicy policy, float[] scores)
    {
        bool[] keep = new bool[scores.Length];
        MultiStateRows rows = new()
        {
            Layer = 0,
            Limit = policy.Size.Resolve(null) ?? scores.Length,
            Positions = Enumerable.Range(0, scores.Length).Select(i => 10L * i).ToArray(),
            LastQuery = policy.Needs.HasFlag(AttentionNeeds.LastQuery) ? scores : [],
            Accumulated = policy.Needs.HasFlag(AttentionNeeds.Accumulated) ? scores : [],
        };
        policy.Keep(rows, keep);
        return [.. Enumerable.Range(0, keep.Length).Where(i => keep[i])];
    }
}
