using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Core.Tests.Forecasting;

public class ForecastAccuracyTests
{
    private const double Missing = double.NaN;
    private static readonly double[] Levels = [0.1, 0.5, 0.9];

    // Differences of one step: 2, 1, 3; of two steps: 3, 2.
    private static readonly double[] History = [1, 3, 4, 1];

    [Fact]
    public void One_series_has_the_figures_that_the_formulas_give()
    {
        // Errors of the median 2 and 4: sMAPE (200·2/18 + 200·4/16)/2, MASE 3 over a scale of 2.
        ForecastAccuracy accuracy = ForecastAccuracy.Measure(History, [10, 6], [7, 8, 12, 7, 10, 12], Levels, seasonLength: 1);

        Assert.Equal((200 * 2 / 18.0 + 200 * 4 / 16.0) / 2, accuracy.Smape, 12);
        Assert.Equal(3 / 2.0, accuracy.Mase, 12);
        // 10: 2·0.1·3, 2·0.5·2, 2·0.1·2; 6: 2·0.9·1, 2·0.5·4, 2·0.1·6.
        Assert.Equal((0.6 + 2 + 0.4 + 1.8 + 4 + 1.2) / 3 / 16, accuracy.WeightedQuantileLoss, 12);
        Assert.Equal(0.5, accuracy.Coverage80);
        Assert.Equal((1, 2), (accuracy.Series, accuracy.Values));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 2.5)]
    [InlineData(3, 0.5)]
    [InlineData(4, 2)]
    [InlineData(12, 2)]
    public void The_scale_of_an_error_is_the_mean_seasonal_difference_and_that_of_one_step_in_a_history_no_longer_than_a_season(
        int seasonLength, double scale)
    {
        // The difference of three steps is 0: a history that repeats itself, made to differ here by a half.
        double[] history = seasonLength == 3 ? [1, 3, 4, 1.5] : History;

        Assert.Equal(5 / scale, Median([5], [10], history, seasonLength).Mase, 12);
    }

    [Fact]
    public void A_series_whose_history_repeats_itself_has_no_scaled_error_and_is_left_out_of_the_mean()
    {
        ForecastAccuracy constant = Median([5], [10], [3, 3, 3]), single = Median([5], [10], [3]), usual = Median([5], [10]);

        Assert.Equal([Missing, Missing, 2.5], [constant.Mase, single.Mase, usual.Mase]);
        Assert.Equal(2.5, ForecastAccuracy.Combine(constant, usual, single).Mase);
        Assert.Equal(3, ForecastAccuracy.Combine(constant, usual, single).Series);
    }

    [Fact]
    public void A_value_of_0_that_was_forecast_has_no_error()
    {
        ForecastAccuracy accuracy = Median([0, 0], [0, 1]);

        Assert.Equal(100, accuracy.Smape);
        Assert.Equal(double.PositiveInfinity, accuracy.WeightedQuantileLoss);
    }

    [Fact]
    public void Missing_values_are_not_counted()
    {
        ForecastAccuracy gaps = ForecastAccuracy.Measure(
            [1, Missing, 3, 4], [10, Missing, 6], [7, 8, 12, 1, 2, 3, 7, 10, 12], Levels, seasonLength: 1);
        ForecastAccuracy whole = ForecastAccuracy.Measure([3, 4], [10, 6], [7, 8, 12, 7, 10, 12], Levels, seasonLength: 1);

        Assert.Equal(2, gaps.Values);
        Assert.Equal(Figures(whole), Figures(gaps));
    }

    [Fact]
    public void A_future_that_is_missing_counts_nowhere()
    {
        ForecastAccuracy none = Median([Missing], [1]), one = Median([5], [10]);

        Assert.Equal(0, none.Series);
        Assert.All(Figures(none), figure => Assert.Equal(Missing, figure));
        Assert.Equal(Figures(one), Figures(ForecastAccuracy.Combine(one, none)));
        Assert.Equal(Figures(none), Figures(ForecastAccuracy.Combine()));
    }

    [Fact]
    public void Series_count_alike_in_the_mean_errors_and_values_in_loss_and_coverage()
    {
        ForecastAccuracy one = ForecastAccuracy.Measure(History, [100], [90, 90, 90], Levels, 1);
        ForecastAccuracy three = ForecastAccuracy.Measure(History, [2, 2, 2], [1, 2, 3, 1, 2, 3, 1, 2, 3], Levels, 1);
        ForecastAccuracy both = ForecastAccuracy.Combine(one, three);

        Assert.Equal(200 * 10 / 190.0 / 2, both.Smape, 12);
        Assert.Equal(10 / 2.0 / 2, both.Mase, 12);
        Assert.Equal(0.75, both.Coverage80);
        // 100: 2·(0.1 + 0.5 + 0.9)·10 over three levels; each 2: 2·0.1·1 twice.
        Assert.Equal((30 + 3 * 0.4) / 3 / 106, both.WeightedQuantileLoss, 12);
        Assert.Equal(Figures(both), Figures(ForecastAccuracy.Combine(ForecastAccuracy.Combine(one), ForecastAccuracy.Combine(three))));
    }

    [Fact]
    public void What_does_not_fit_together_is_refused_by_name()
    {
        ArgumentException count = Assert.Throws<ArgumentException>(() => ForecastAccuracy.Measure([1, 2], [3, 4], [1, 2, 3], Levels, 1));
        ArgumentException level = Assert.Throws<ArgumentException>(() => ForecastAccuracy.Measure([1, 2], [3], [1, 2], [0.2, 0.5], 1));

        Assert.Contains("3 quantiles; expected 2 steps × 3 levels", count.Message);
        Assert.Contains("0.2, 0.5; expected 0.1 among them", level.Message);
        Assert.Throws<ArgumentOutOfRangeException>("seasonLength", () => ForecastAccuracy.Measure([1], [3], [1, 2, 3], Levels, 0));
    }

    private static ForecastAccuracy Median(double[] future, double[] median, double[]? history = null, int seasonLength = 1) =>
        ForecastAccuracy.Measure(
            history ?? History, future, median.SelectMany(value => Enumerable.Repeat(value, 3)).ToArray(), Levels, seasonLength);

    private static double[] Figures(ForecastAccuracy accuracy) =>
        [accuracy.Smape, accuracy.Mase, accuracy.WeightedQuantileLoss, accuracy.Coverage80];
}
