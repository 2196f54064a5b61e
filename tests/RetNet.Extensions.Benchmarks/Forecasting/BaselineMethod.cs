using RetNet.Extensions.Tool.Forecasting;

namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary>A baseline of this project, on one thread; it sees straight lines where values are missing.</summary>
/// <param name="name">As the table has it.</param>
/// <param name="forecast">The quantiles, of a history, the length of a season and the horizon.</param>
internal sealed class BaselineMethod(string name, Func<double[], int, int, double[]> forecast) : IForecastMethod
{
    public string Name => name;

    public ForecastRun Run(EvaluationSeries[] series) => ForecastClock.Measure(
        all => Array.ConvertAll(all, one => forecast(Interpolate(one.History), one.SeasonLength, one.Future.Length)), series);

    // Before the first value and after the last, that value.
    private static double[] Interpolate(double[] values)
    {
        int[] present = [.. Enumerable.Range(0, values.Length).Where(t => !double.IsNaN(values[t]))];
        return [.. Enumerable.Range(0, values.Length).Select(At)];

        double At(int t)
        {
            int next = Array.BinarySearch(present, t);
            if (next >= 0)
                return values[t];
            next = ~next;
            if (next == 0 || next == present.Length)
                return values[present[Math.Max(0, next - 1)]];
            int left = present[next - 1], right = present[next];
            return values[left] + (values[right] - values[left]) * (t - left) / (right - left);
        }
    }
}
