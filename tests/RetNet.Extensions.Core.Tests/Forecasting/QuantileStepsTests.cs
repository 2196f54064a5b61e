using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Core.Tests.Forecasting;

public sealed class QuantileStepsTests
{
    [Theory]
    [InlineData(7, 1.5)]
    [InlineData(35, 1.1)]
    [InlineData(3_500_000, 1.000001)]
    public void Few_observations_widen_the_quantiles_around_a_median_that_stays(long observed, double wider)
    {
        double[] quantiles = [1, 2, 3, 4, 10, 11, 12, 13, 30, -9, -8, -7, -6, -5, -5, -5, -5, -5];
        double[] before = [.. quantiles];

        QuantileSteps.Widen(quantiles, observed);

        for (int i = 0; i < quantiles.Length; i++)
        {
            double median = before[i < 9 ? 4 : 13];
            Assert.Equal(median + ((before[i] - median) * wider), quantiles[i], 1e-9);
        }
    }
}
