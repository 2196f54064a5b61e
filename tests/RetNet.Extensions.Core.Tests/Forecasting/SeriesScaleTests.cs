using RetNet.Extensions.Core.Forecasting.Series;

namespace RetNet.Extensions.Core.Tests.Forecasting;

public class SeriesScaleTests
{
    [Fact]
    public void Level_and_spread_are_mean_and_mean_deviation_where_nothing_lies_outside()
    {
        SeriesScale scale = SeriesScale.Of([1, 2, 3, 4, 5], 0);

        Assert.Equal(3, scale.Level, 1e-12);
        Assert.Equal(1.2, scale.Spread, 1e-12);
    }

    [Fact]
    public void They_move_with_the_values()
    {
        double[] values = [3, 8, 1, 9, 4, 4, 7];
        SeriesScale scale = SeriesScale.Of([.. values], 0);
        SeriesScale moved = SeriesScale.Of([.. values.Select(value => 50 + (3 * value))], 0);

        Assert.Equal(50 + (3 * scale.Level), moved.Level, 1e-9);
        Assert.Equal(3 * scale.Spread, moved.Spread, 1e-9);
        Assert.Equal(6, scale.Restore(scale.Normalize(6)), 1e-12);
    }

    [Fact]
    public void An_outlier_moves_them_little()
    {
        double[] values = [.. Enumerable.Range(0, 32).Select(i => (double)(i % 7))];
        SeriesScale clean = SeriesScale.Of([.. values], 0);
        values[5] = 1e6;
        SeriesScale spiked = SeriesScale.Of([.. values], 0);
        double deviation = Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(), 2)) / 32);

        Assert.True(spiked.Spread < deviation / 10, $"{spiked.Spread} of {deviation}");
        Assert.True(spiked.Level - clean.Level < values.Average() / 3);
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(5, 0, 5)]
    [InlineData(5, 0.5, 0.5)]
    [InlineData(1e10, 10, 10)]
    public void Equal_values_have_the_spread_of_the_change_or_of_the_level(double value, double change, double spread)
    {
        Assert.Equal(new SeriesScale(value, spread), SeriesScale.Of([value, value, value], change));
    }
}
