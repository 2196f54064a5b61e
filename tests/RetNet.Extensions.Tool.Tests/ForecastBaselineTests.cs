using RetNet.Extensions.Benchmarks.Forecasting;

namespace RetNet.Extensions.Tool.Tests;

/// <summary>The baselines of the benchmarks beside <c>snaive</c> and <c>thetaf</c> of R's package forecast 8.20, with
/// <c>level = 80</c>.</summary>
public class ForecastBaselineTests
{
    private const int Mean = 4, Lower = 0;

    // R finds its weight by Nelder and Mead's method, here it is exact.
    private const double Tolerance = 2e-4;

    private static readonly double[] Quarterly =
        Series(40, t => (200 + 3 * t) * (1 + 0.1 * ((double[])[1, -2, 0.5, 0.5])[t % 4]) + 7919 * t % 13);
    private static readonly double[] Yearly = Series(15, t => 50 + 2 * t + 31 * t * t % 17);
    private static readonly double[] Noise = Series(40, t => 100 + 7919 * t * t % 101);
    private static readonly double[] Weekly =
        Series(61, t => (90 + 17 * t * t % 23) * ((double[])[1, 1.1, 1.2, 1, 0.9, 0.7, 0.8])[t % 7]);

    [Fact]
    public void Seasonal_naive_repeats_the_last_season_with_the_deviation_of_seasonal_differences()
    {
        double[] quarterly = SeasonalNaive.Forecast(Quarterly, 4, 6), yearly = SeasonalNaive.Forecast(Yearly, 1, 4);

        AssertNear([345.80, 257.80, 340.70, 332.85, 345.80, 257.80], Column(quarterly, Mean), 1e-9);
        AssertNear([327.8218519, 239.8218519, 322.7218519, 314.8718519, 320.3750591, 232.3750591], Column(quarterly, Lower), 1e-9);
        AssertNear([85, 85, 85, 85], Column(yearly, Mean), 1e-9);
        AssertNear([76.47847363, 72.94874184, 70.24028337, 67.95694726], Column(yearly, Lower), 1e-9);
    }

    [Fact]
    public void Theta_of_a_seasonal_series_with_a_trend()
    {
        double[] quantiles = Theta.Forecast(Quarterly, 4, 6);

        AssertNear([350.7604349, 257.3572930, 337.2618016, 339.2092390, 357.4289605, 262.2269283], Column(quantiles, Mean), Tolerance);
        AssertNear([343.4108128, 246.9638780, 324.5327321, 324.5110982, 340.9960218, 244.2256060], Column(quantiles, Lower), Tolerance);
    }

    [Fact]
    public void Theta_of_a_series_without_seasons()
    {
        double[] quantiles = Theta.Forecast(Yearly, 1, 4);

        AssertNear([85.00763468, 86.07549182, 87.14334896, 88.21120611], Column(quantiles, Mean), Tolerance);
        AssertNear([76.83870744, 76.37173494, 76.11636285, 76.00358766], Column(quantiles, Lower), Tolerance);
    }

    [Fact]
    public void Theta_takes_seasons_out_only_where_the_autocorrelation_shows_them()
    {
        double[] quantiles = Theta.Forecast(Noise, 12, 4);

        AssertNear([137.9558318, 137.7035335, 137.4512352, 137.1989369], Column(quantiles, Mean), Tolerance);
        AssertNear([102.2680939, 102.0157954, 101.7634969, 101.5111984], Column(quantiles, Lower), Tolerance);
    }

    [Fact]
    public void Theta_of_a_season_with_an_odd_number_of_steps()
    {
        double[] quantiles = Theta.Forecast(Weekly, 7, 9);

        AssertNear(
            [73.57065521, 86.14129088, 106.43921887, 115.23499722, 123.81989355, 105.14048114, 92.08476725, 73.63642467, 86.21828819],
            Column(quantiles, Mean),
            Tolerance);
        AssertNear(
            [65.81242801, 78.38306363, 98.68099159, 107.47676989, 116.06166619, 97.38225374, 84.32653981, 65.87819719, 78.46006067],
            Column(quantiles, Lower),
            Tolerance);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(60)]
    public void A_constant_series_stays_as_it_is(int length)
    {
        double[] history = Series(length, _ => 7);

        Assert.All(Theta.Forecast(history, 12, 3).Concat(SeasonalNaive.Forecast(history, 12, 3)), value => Assert.Equal(7, value, 9));
    }

    [Fact]
    public void Missing_values_are_on_the_line_between_their_neighbours()
    {
        BaselineMethod history = new("history", (values, _, _) => values);
        double missing = double.NaN;

        ForecastRun run = history.Run(
            [new("A", "DAILY", 7, [missing, 1, missing, missing, 7, missing], [1]), new("B", "DAILY", 7, [missing, 4], [1])]);

        Assert.Equal([1, 1, 3, 5, 7, 7], run.Quantiles[0]);
        Assert.Equal([4.0, 4], run.Quantiles[1]);
    }

    private static double[] Series(int length, Func<int, double> value) => [.. Enumerable.Range(0, length).Select(value)];

    private static double[] Column(double[] quantiles, int column) => [.. quantiles.Chunk(9).Select(row => row[column])];

    private static void AssertNear(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second / pair.First, 1 - tolerance, 1 + tolerance));
    }
}
