namespace RetNet.Extensions.Core.Forecasting;

/// <summary>How well forecasts met the values that came: of one series (<see cref="Measure"/>), or of many
/// (<see cref="Combine"/>).</summary>
/// <remarks>sMAPE and MASE as in the M4 competition (Makridakis, Spiliotis and Assimakopoulos 2020), MASE after Hyndman and Koehler
/// (2006); the weighted quantile loss as in Chronos (arXiv 2403.07815) and GluonTS. Missing values (NaN) are not counted.</remarks>
public sealed class ForecastAccuracy
{
    private const double Lowest = 0.1, Middle = 0.5, Highest = 0.9;

    // Sums, so that those of several series can be added: of each series' sMAPE and MASE, of losses, of |y|, of values inside.
    private double _smape, _mase, _loss, _absolute;
    private int _scaled;
    private long _inside;

    private ForecastAccuracy()
    {
    }

    /// <summary>Series with at least one value that was compared.</summary>
    public int Series { get; private set; }

    /// <summary>Values that were compared, over all series.</summary>
    public long Values { get; private set; }

    /// <summary>Symmetric mean absolute percentage error of the median, in percent: 200 · |y − f| / (|y| + |f|), 0 where both are 0,
    /// as mean over the values of a series, then over the series. NaN without values.</summary>
    public double Smape => _smape / Series;

    /// <summary>Mean absolute scaled error of the median: mean |y − f| of a series over its scale, the mean |y(t) − y(t − m)| of its
    /// history, with m the season's length, and 1 where the history is not longer than a season; then the mean over the
    /// series.</summary>
    /// <remarks>A series whose scale is 0 or unknown (a history that repeats itself exactly, or of one value) has none and is left out
    /// of the mean. NaN where no series has one.</remarks>
    public double Mase => _mase / _scaled;

    /// <summary>Mean weighted quantile loss: the mean over the levels q of Σ 2 · max(q · (y − f), (q − 1) · (y − f)) / Σ |y|, with both
    /// sums over all values of all series. NaN or infinite where all values are 0.</summary>
    public double WeightedQuantileLoss => _loss / _absolute;

    /// <summary>Share of the values within the central interval of 80 %, the quantiles 0.1 and 0.9 included. NaN without
    /// values.</summary>
    public double Coverage80 => (double)_inside / Values;

    /// <summary>Measures the forecast of one series.</summary>
    /// <param name="history">What the forecast was made from, the oldest first; NaN where missing.</param>
    /// <param name="future">The values that came, <c>[horizon]</c>; NaN where missing.</param>
    /// <param name="quantiles">The forecast, <c>[horizon × levels]</c>, step by step.</param>
    /// <param name="levels">The levels of the quantiles, 0.1, 0.5 and 0.9 among them.</param>
    /// <param name="seasonLength">Length m of a season in steps, at least 1; 1 for a series without seasons.</param>
    /// <returns>The accuracy; without values where the whole future is missing.</returns>
    /// <exception cref="ArgumentException">The quantiles are not a row of all levels for each step, or a level is not there.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The season's length is below 1.</exception>
    public static ForecastAccuracy Measure(
        ReadOnlySpan<double> history,
        ReadOnlySpan<double> future,
        ReadOnlySpan<double> quantiles,
        IReadOnlyList<double> levels,
        int seasonLength)
    {
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentOutOfRangeException.ThrowIfLessThan(seasonLength, 1);
        if (quantiles.Length != future.Length * levels.Count)
        {
            throw new ArgumentException(
                $"There are {quantiles.Length} quantiles; expected {future.Length} steps × {levels.Count} levels.", nameof(quantiles));
        }

        int lowest = IndexOf(levels, Lowest), middle = IndexOf(levels, Middle), highest = IndexOf(levels, Highest);
        ForecastAccuracy accuracy = new();
        double error = 0;
        for (int step = 0; step < future.Length; step++)
        {
            double y = future[step];
            if (double.IsNaN(y))
                continue;
            ReadOnlySpan<double> row = quantiles.Slice(step * levels.Count, levels.Count);
            double magnitude = Math.Abs(y) + Math.Abs(row[middle]);
            error += Math.Abs(y - row[middle]);
            accuracy._smape += magnitude == 0 ? 0 : 200 * Math.Abs(y - row[middle]) / magnitude;
            accuracy._loss += Loss(y, row, levels);
            accuracy._absolute += Math.Abs(y);
            accuracy._inside += row[lowest] <= y && y <= row[highest] ? 1 : 0;
            accuracy.Values++;
        }

        if (accuracy.Values == 0)
            return accuracy;
        accuracy.Series = 1;
        accuracy._smape /= accuracy.Values;
        if (Scale(history, seasonLength) is > 0 and double scale)
            (accuracy._mase, accuracy._scaled) = (error / accuracy.Values / scale, 1);
        return accuracy;
    }

    /// <summary>The accuracy over all series of several accuracies.</summary>
    /// <param name="accuracies">Those of single series or of many; none gives an accuracy without values.</param>
    /// <returns>Each series with the same weight in sMAPE and MASE, each value with the same in the rest.</returns>
    public static ForecastAccuracy Combine(params IEnumerable<ForecastAccuracy> accuracies)
    {
        ArgumentNullException.ThrowIfNull(accuracies);
        ForecastAccuracy all = new();
        foreach (ForecastAccuracy one in accuracies)
        {
            all.Series += one.Series;
            all.Values += one.Values;
            all._smape += one._smape;
            all._mase += one._mase;
            all._scaled += one._scaled;
            all._loss += one._loss;
            all._absolute += one._absolute;
            all._inside += one._inside;
        }

        return all;
    }

    // The quantile loss of one value, as mean over the levels.
    private static double Loss(double y, ReadOnlySpan<double> row, IReadOnlyList<double> levels)
    {
        double sum = 0;
        for (int i = 0; i < row.Length; i++)
            sum += 2 * Math.Max(levels[i] * (y - row[i]), (levels[i] - 1) * (y - row[i]));
        return sum / row.Length;
    }

    // Mean |y(t) - y(t - m)| over the pairs of which both are there; NaN without such a pair.
    private static double Scale(ReadOnlySpan<double> history, int seasonLength)
    {
        int lag = history.Length > seasonLength ? seasonLength : 1;
        double sum = 0;
        int count = 0;
        for (int t = lag; t < history.Length; t++)
        {
            double difference = Math.Abs(history[t] - history[t - lag]);
            if (!double.IsNaN(difference))
                (sum, count) = (sum + difference, count + 1);
        }

        return sum / count;
    }

    private static int IndexOf(IReadOnlyList<double> levels, double level)
    {
        for (int i = 0; i < levels.Count; i++)
        {
            if (Math.Abs(levels[i] - level) < 1e-6)
                return i;
        }

        throw new ArgumentException($"The levels are {string.Join(", ", levels)}; expected {level} among them.", nameof(levels));
    }
}
