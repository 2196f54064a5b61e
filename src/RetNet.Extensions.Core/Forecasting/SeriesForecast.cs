namespace RetNet.Extensions.Core.Forecasting;

/// <summary>The forecast of a series: quantiles of each of the next steps.</summary>
/// <remarks>A series that never changed, be it one value or a few equal ones, is forecast to stay: all its quantiles are that value, and
/// say nothing of how certain that is. Quantiles keep to no bounds: those of counts can be negative.</remarks>
public sealed class SeriesForecast
{
    // Φ⁻¹(0.9): the normal distribution's distance from the median to the outer levels.
    private const double OuterDeviation = 1.2815515655446004;

    private readonly double[] _values;
    private readonly double[] _median;

    /// <param name="values"><c>[horizon × levels]</c>, ascending per step.</param>
    internal SeriesForecast(double[] values)
    {
        _values = values;
        Horizon = values.Length / Levels.Count;
        _median = new double[Horizon];
        for (int step = 0; step < Horizon; step++)
            _median[step] = values[(step * Levels.Count) + (Levels.Count / 2)];
    }

    /// <summary>The number of steps.</summary>
    public int Horizon { get; }

    /// <summary>The levels of the quantiles: 0.1, 0.2 … 0.9.</summary>
    public IReadOnlyList<double> Levels => ForecasterConfiguration.Levels;

    /// <summary>The quantiles, <c>[horizon × levels]</c>, ascending within a step.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>The point forecast: the quantile 0.5 of each step, <c>[horizon]</c>.</summary>
    public ReadOnlySpan<double> Median => _median;

    /// <summary>A quantile of any level.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="level">The level, above 0 and below 1.</param>
    /// <returns>The quantile: interpolated between the predicted ones; beyond 0.1 and 0.9 the distance from the median grows as that of a
    /// normal distribution.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The step or the level is out of range.</exception>
    public double Quantile(int step, double level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, Horizon);
        if (!(level is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(level), level, "Expected a level above 0 and below 1.");
        ReadOnlySpan<double> quantiles = _values.AsSpan(step * Levels.Count, Levels.Count);
        double median = _median[step];
        if (level < Levels[0])
            return median + ((quantiles[0] - median) * (NormalDistribution.Quantile(level) / -OuterDeviation));
        if (level > Levels[^1])
            return median + ((quantiles[^1] - median) * (NormalDistribution.Quantile(level) / OuterDeviation));
        double place = (level - Levels[0]) / (Levels[^1] - Levels[0]) * (Levels.Count - 1);
        int below = Math.Min((int)place, Levels.Count - 2);
        return quantiles[below] + ((place - below) * (quantiles[below + 1] - quantiles[below]));
    }

    /// <summary>How probable a value up to a given one is: the level of which it is the quantile.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="value">The value.</param>
    /// <returns>The probability, the inverse of <see cref="Quantile"/>: interpolated between the predicted quantiles, beyond them with the
    /// tail of a normal distribution, where it may be so small that it is 0. Where all quantiles are one value, 0 below it, 0.5 at it and 1
    /// above it. NaN for NaN.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The step is out of range.</exception>
    public double Probability(int step, double value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, Horizon);
        ReadOnlySpan<double> quantiles = _values.AsSpan(step * Levels.Count, Levels.Count);
        double median = _median[step];
        if (double.IsNaN(value) || value == median)
            return double.IsNaN(value) ? double.NaN : 0.5;
        if (value < quantiles[0])
            return NormalDistribution.Probability(-OuterDeviation * ((median - value) / (median - quantiles[0])));
        if (value > quantiles[^1])
            return 1 - NormalDistribution.Probability(-OuterDeviation * ((value - median) / (quantiles[^1] - median)));
        int above = 1;
        while (value > quantiles[above])
            above++;
        double width = quantiles[above] - quantiles[above - 1];
        double share = width == 0 ? 1 : (value - quantiles[above - 1]) / width;
        return Levels[above - 1] + (share * (Levels[above] - Levels[above - 1]));
    }
}
