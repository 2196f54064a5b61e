namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary>The Theta method as it won the M3 competition and was a baseline of M4 (Assimakopoulos and Nikolopoulos 2000), in the form of
/// Hyndman and Billah (2003): simple exponential smoothing with half the slope of the linear trend as drift, of the series without its
/// seasons, if it has any; R's <c>thetaf</c>.</summary>
internal static class Theta
{
    // One-sided, at 5 %.
    private const double CriticalValue = 1.6448536269514722;
    private const double LeastIndex = 1e-4;

    // Weight and first level.
    private const int Parameters = 2;

    /// <summary>Forecasts a series.</summary>
    /// <param name="history">At least one value, none missing.</param>
    /// <param name="seasonLength">Steps m of a season.</param>
    /// <param name="horizon">Steps to forecast.</param>
    /// <returns>The quantiles 0.1 … 0.9, <c>[horizon × 9]</c>.</returns>
    public static double[] Forecast(double[] history, int seasonLength, int horizon)
    {
        int n = history.Length;
        double[] seasons = IsSeasonal(history, seasonLength) ? SeasonalIndexes(history, seasonLength) : [1];
        if (!seasons.All(index => Math.Abs(index) >= LeastIndex && double.IsFinite(index)))
            seasons = [1];
        double[] values = [.. history.Select((value, t) => value / seasons[t % seasons.Length])];

        ExponentialSmoothing smoothing = ExponentialSmoothing.Fit(values);
        double alpha = smoothing.Alpha, drift = Slope(values) / 2;
        double variance = smoothing.Squares / Math.Max(1, n - Parameters);
        return NormalQuantiles.Of(
            horizon,
            step => (smoothing.Level + drift * (step + (1 - Math.Pow(1 - alpha, n)) / alpha)) * seasons[(n + step) % seasons.Length],
            step => Math.Sqrt(variance * (step * alpha * alpha + 1)));
    }

    // Whether the autocorrelation r(m) is beyond what chance gives (Bartlett): its variance is (1 + 2 · Σ r(k)², k < m) / n.
    private static bool IsSeasonal(double[] values, int m)
    {
        if (m == 1 || values.Length <= 2 * m)
            return false;
        double mean = values.Average();
        double squares = values.Sum(value => (value - mean) * (value - mean));
        if (squares == 0)
            return false;
        double below = Enumerable.Range(1, m - 1).Sum(lag => Math.Pow(Autocorrelation(lag), 2));
        return Math.Abs(Autocorrelation(m)) / Math.Sqrt((1 + 2 * below) / values.Length) > CriticalValue;

        double Autocorrelation(int lag) =>
            Enumerable.Range(lag, values.Length - lag).Sum(t => (values[t] - mean) * (values[t - lag] - mean)) / squares;
    }

    // Classical multiplicative decomposition: the mean ratio of each step of the season to the centred moving average of m steps.
    private static double[] SeasonalIndexes(double[] values, int m)
    {
        double[] sums = new double[m];
        int[] counts = new int[m];
        int half = m / 2;
        for (int t = half; t < values.Length - half; t++)
        {
            double total = values.AsSpan(t - half, 2 * half + 1).ToArray().Sum();
            double trend = (m % 2 == 0 ? total - (values[t - half] + values[t + half]) / 2 : total) / m;
            sums[t % m] += values[t] / trend;
            counts[t % m]++;
        }

        double[] indexes = [.. sums.Zip(counts, (sum, count) => sum / count)];
        double mean = indexes.Average();
        return [.. indexes.Select(index => index / mean)];
    }

    private static double Slope(double[] values)
    {
        double middle = (values.Length - 1) / 2.0, products = 0, squares = 0;
        for (int t = 0; t < values.Length; t++)
        {
            products += (t - middle) * values[t];
            squares += (t - middle) * (t - middle);
        }

        return squares == 0 ? 0 : products / squares;
    }
}
