namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary>Every season is as the last one was; R's <c>snaive</c>.</summary>
internal static class SeasonalNaive
{
    /// <summary>Forecasts a series. The deviation is that of the seasonal differences, and grows with the root of the seasons
    /// ahead.</summary>
    /// <param name="history">At least one value, none missing.</param>
    /// <param name="seasonLength">Steps of a season; a history that is not longer repeats its last value.</param>
    /// <param name="horizon">Steps to forecast.</param>
    /// <returns>The quantiles 0.1 … 0.9, <c>[horizon × 9]</c>.</returns>
    public static double[] Forecast(double[] history, int seasonLength, int horizon)
    {
        int lag = history.Length > seasonLength ? seasonLength : 1;
        double squares = 0;
        for (int t = lag; t < history.Length; t++)
            squares += Math.Pow(history[t] - history[t - lag], 2);
        double variance = squares / Math.Max(1, history.Length - lag);
        return NormalQuantiles.Of(
            horizon, step => history[history.Length - lag + step % lag], step => Math.Sqrt(variance * (step / lag + 1)));
    }
}
