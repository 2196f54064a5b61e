using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Core.Tests.Forecasting;

public sealed class ForecastProbabilityTests
{
    [Fact]
    public void The_probability_is_the_level_of_which_the_value_is_the_quantile()
    {
        SeriesForecast forecast = new([1, 2, 4, 5, 5.5, 6, 7, 9, 12, -3, -2, -1, 0, 1, 2, 3, 4, 5]);

        foreach (int step in (int[])[0, 1])
        {
            for (double level = 0.001; level < 1; level += 0.0137)
                Assert.Equal(level, forecast.Probability(step, forecast.Quantile(step, level)), 1e-9);
        }
    }

    [Fact]
    public void Where_all_quantiles_are_one_value_it_is_certain_on_which_side_another_lies()
    {
        SeriesForecast forecast = new([.. Enumerable.Repeat(7.0, 9)]);

        Assert.Equal([0, 0.5, 1], ((double[])[6.999, 7, 7.001]).Select(value => forecast.Probability(0, value)));
    }

    [Fact]
    public void It_never_falls_as_the_value_rises_also_where_some_quantiles_are_equal()
    {
        SeriesForecast forecast = new([0, 0, 0, 0, 0, 1, 1, 1, 3]);
        double[] probabilities = [.. Enumerable.Range(-20, 80).Select(i => forecast.Probability(0, i / 10.0))];

        Assert.Equal(probabilities.Order(), probabilities);
        Assert.InRange(probabilities[0], 0, 0.1);
        Assert.InRange(probabilities[^1], 0.9, 1);
    }

    [Fact]
    public void A_missing_value_has_none_and_a_step_out_of_range_is_refused()
    {
        SeriesForecast forecast = new([1, 2, 3, 4, 5, 6, 7, 8, 9]);

        Assert.True(double.IsNaN(forecast.Probability(0, double.NaN)));
        Assert.Equal(0, forecast.Probability(0, double.NegativeInfinity));
        Assert.Equal(1, forecast.Probability(0, double.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>(() => forecast.Probability(1, 3));
    }
}
