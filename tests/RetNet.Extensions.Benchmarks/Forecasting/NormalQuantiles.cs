namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary>The quantiles 0.1 … 0.9 of normal distributions, in which the baselines forecast.</summary>
internal static class NormalQuantiles
{
    // Those of the standard normal distribution.
    private static readonly double[] Standard =
    [
        -1.2815515655446004, -0.8416212335729143, -0.5244005127080409, -0.2533471031357997, 0,
        0.2533471031357997, 0.5244005127080409, 0.8416212335729143, 1.2815515655446004,
    ];

    /// <summary>Quantiles of a forecast, <c>[horizon × 9]</c>.</summary>
    /// <param name="horizon">Steps.</param>
    /// <param name="mean">The mean of a step, counted from 0.</param>
    /// <param name="deviation">Its standard deviation.</param>
    public static double[] Of(int horizon, Func<int, double> mean, Func<int, double> deviation) =>
        [.. Enumerable.Range(0, horizon).SelectMany(step => Standard.Select(z => mean(step) + z * deviation(step)))];
}
