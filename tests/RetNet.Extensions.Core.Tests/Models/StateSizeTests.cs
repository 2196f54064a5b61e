using FsCheck.Xunit;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Core.Tests.Models;

/// <summary>A size is the same after it was written and read.</summary>
public sealed class StateSizeTests
{
    [Fact]
    public void Every_thousandth_of_the_context_comes_back()
    {
        foreach (int thousandths in Enumerable.Range(1, 1000))
            AssertSame(thousandths / 1000.0);
    }

    [Property]
    public void Any_part_of_the_context_comes_back(int seed)
    {
        Random random = new(seed);
        AssertSame(1 - random.NextDouble());
        AssertSame(Math.Pow(10, -random.Next(1, 300)) * (1 - random.NextDouble()));
    }

    [Theory]
    [InlineData("25%", 0.25)]
    [InlineData("12.5%", 0.125)]
    [InlineData("0.029", 0.029)]
    [InlineData("100%", 1)]
    public void Parts_are_percents_where_that_loses_nothing(string expected, double fraction) =>
        Assert.Equal(expected, StateSize.FractionOfContext(fraction).ToString());

    [Theory]
    [InlineData("1E3")]
    [InlineData("E")]
    [InlineData("1.5")]
    [InlineData("unbounded")]
    public void What_is_no_size_is_refused(string text) => Assert.Throws<FormatException>(() => StateSize.Parse(text));

    private static void AssertSame(double fraction)
    {
        StateSize size = StateSize.FractionOfContext(fraction);

        Assert.Equal(size, StateSize.Parse(size.ToString()));
        Assert.True(KeptState.CanSave(new StateOptions { Policy = new Tova(size) }));
    }
}
