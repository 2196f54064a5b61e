namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary>Simple exponential smoothing: level(t) = α · y(t) + (1 − α) · level(t − 1), with the weight α and the first level that give
/// the least squares of the errors of one step.</summary>
/// <param name="Alpha">α.</param>
/// <param name="Level">The level after the last value.</param>
/// <param name="Squares">Sum of the squared errors of one step.</param>
internal sealed record ExponentialSmoothing(double Alpha, double Level, double Squares)
{
    private const double Least = 1e-4, Most = 0.9999, Step = 0.01, Precision = 1e-7;

    /// <summary>Fits a series: the best of a grid of weights, and then the golden section around it.</summary>
    public static ExponentialSmoothing Fit(double[] values)
    {
        ExponentialSmoothing best = With(Most, values);
        for (double alpha = Least; alpha < Most; alpha += Step)
            best = Better(best, With(alpha, values));
        double left = Math.Max(Least, best.Alpha - Step), right = Math.Min(Most, best.Alpha + Step);
        double ratio = (Math.Sqrt(5) - 1) / 2;
        while (right - left > Precision)
        {
            ExponentialSmoothing low = With(right - ratio * (right - left), values), high = With(left + ratio * (right - left), values);
            (left, right) = low.Squares <= high.Squares ? (left, high.Alpha) : (low.Alpha, right);
            best = Better(best, Better(low, high));
        }

        return best;
    }

    private static ExponentialSmoothing Better(ExponentialSmoothing one, ExponentialSmoothing other) =>
        other.Squares < one.Squares ? other : one;

    // A first level l adds (1 − α)^t · l to the level at t, so that the best one is a linear regression without intercept.
    private static ExponentialSmoothing With(double alpha, double[] values)
    {
        double level = 0, share = 1, products = 0, weights = 0;
        foreach (double value in values)
        {
            products += (value - level) * share;
            weights += share * share;
            level += alpha * (value - level);
            share *= 1 - alpha;
        }

        double squares = 0;
        level = products / weights;
        foreach (double value in values)
        {
            squares += (value - level) * (value - level);
            level += alpha * (value - level);
        }

        return new(alpha, level, squares);
    }
}
