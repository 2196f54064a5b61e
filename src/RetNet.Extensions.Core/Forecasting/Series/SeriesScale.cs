namespace RetNet.Extensions.Core.Forecasting.Series;

/// <summary>Level and spread of a few values, which an outlier moves little.</summary>
/// <param name="Level">What is subtracted.</param>
/// <param name="Spread">What is divided by, above 0.</param>
internal readonly record struct SeriesScale(double Level, double Spread)
{
    // A deviation counts at most this many times the mean deviation.
    private const double Clip = 3;

    // Deviations up to this part of the level may be rounding; the change from step to step is then looked at, too.
    private const double Rounding = 1e-9;

    // Values farther from the level, in spreads, are cut where one of them would outweigh all others.
    private const double Farthest = 30;

    // Of 10,000 tokens of the training, one has a value that is farther away.
    private const double FarthestTold = 10_000;

    /// <summary>Nothing is known yet.</summary>
    public static SeriesScale None => new(0, 1);

    /// <summary>The scale of observed values: with μ̃ their median and δ the mean |y − μ̃|, the level is μ̃ plus the mean of y − μ̃ clipped
    /// to ±3 δ, and the spread is the mean of |y − μ̃| clipped to 3 δ.</summary>
    /// <param name="values">The values, at least one, none missing; they are sorted.</param>
    /// <param name="change">The mean change of the series from step to step, which stands for a spread of 0.</param>
    public static SeriesScale Of(Span<double> values, double change)
    {
        values.Sort();
        double median = (values[(values.Length - 1) / 2] / 2) + (values[values.Length / 2] / 2);
        double mean = 0;
        foreach (double value in values)
            mean += Math.Abs(value - median) / values.Length;
        double bound = Clip * mean;
        double shift = 0, spread = 0;
        foreach (double value in values)
        {
            double deviation = Math.Clamp(value - median, -bound, bound) / values.Length;
            shift += deviation;
            spread += Math.Abs(deviation);
        }

        if (spread <= Rounding * Math.Abs(median))
            spread = Math.Max(spread, change);
        if (spread == 0)
            spread = Math.Abs(median);
        return new SeriesScale(median + shift, spread > 0 ? spread : 1);
    }

    /// <summary>A value on this scale.</summary>
    public double Normalize(double value) => (value - Level) / Spread;

    /// <summary>The value that has a place on this scale.</summary>
    public double Restore(double normalized) => Level + (normalized * Spread);

    /// <summary>Cuts what lies too far outside.</summary>
    public static float Cut(double normalized) => (float)Math.Clamp(normalized, -Farthest, Farthest);

    /// <summary>Makes room for values that lie far outside: asinh(x), about x near 0 and ±ln 2|x| far from it. What is farther away than
    /// the training shows is cut.</summary>
    public static float Compress(double x) => MathF.Asinh((float)Math.Clamp(x, -FarthestTold, FarthestTold));
}
