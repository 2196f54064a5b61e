namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Stationary noise of unit variance: white, autocorrelated, heavy-tailed or with a variance that changes.</summary>
internal static class NoisePath
{
    // Steps before the first value, in which an autoregression forgets where it began.
    private const int BurnIn = 40;

    /// <summary>Noise of a kind drawn at random.</summary>
    public static double[] Draw(SeriesRandom random, int length) => random.Weighted(0.45, 0.28, 0.12, 0.1, 0.05) switch
    {
        0 => White(random, length),
        1 => Autoregressive(random, length, random.Uniform(-0.3, 0.95)),
        2 => Arma(random, length, random.Integer(1, 3), random.Integer(0, 2)),
        3 => HeavyTailed(random, length),
        _ => ChangingVariance(random, length),
    };

    public static double[] White(SeriesRandom random, int length)
    {
        double[] path = new double[length];
        for (int t = 0; t < length; t++)
            path[t] = random.Normal();
        return path;
    }

    /// <summary>x_t = ρ x_{t−1} + √(1 − ρ²) e_t, stationary from the first value.</summary>
    public static double[] Autoregressive(SeriesRandom random, int length, double correlation)
    {
        double[] path = new double[length];
        double innovation = Math.Sqrt(1 - (correlation * correlation));
        double value = random.Normal();
        for (int t = 0; t < length; t++)
        {
            path[t] = value;
            value = (correlation * value) + (innovation * random.Normal());
        }

        return path;
    }

    public static double[] HeavyTailed(SeriesRandom random, int length)
    {
        double freedom = random.Uniform(2.5, 8);
        double[] path = new double[length];
        for (int t = 0; t < length; t++)
            path[t] = random.StudentT(freedom);
        return path;
    }

    /// <summary>GARCH(1, 1): σ²_t = ω + a x²_{t−1} + b σ²_{t−1} with ω = 1 − a − b, so that the variance is 1.</summary>
    public static double[] ChangingVariance(SeriesRandom random, int length)
    {
        double a = random.Uniform(0.03, 0.25);
        double b = random.Uniform(0.5, 0.96 - a);
        double[] path = new double[length];
        double variance = 1;
        for (int t = 0; t < length; t++)
        {
            path[t] = Math.Sqrt(variance) * random.Normal();
            variance = 1 - a - b + (a * path[t] * path[t]) + (b * variance);
        }

        return path;
    }

    /// <summary>An ARMA process with stable, invertible coefficients, standardized by what was drawn.</summary>
    public static double[] Arma(SeriesRandom random, int length, int autoregressive, int movingAverage)
    {
        double[] path = White(random, length + BurnIn);
        if (movingAverage > 0)
            path = MovingAverage(path, StableCoefficients(random, movingAverage), lag: 1);
        if (autoregressive > 0)
            Autoregress(path, StableCoefficients(random, autoregressive), lag: 1);
        return Paths.Standardize(path[BurnIn..]);
    }

    /// <summary>x_t = e_t + Σ φ_i x_{t − i · lag}, in place.</summary>
    public static void Autoregress(double[] path, ReadOnlySpan<double> coefficients, int lag)
    {
        for (int t = 0; t < path.Length; t++)
        {
            for (int i = 0; i < coefficients.Length && t >= (i + 1) * lag; i++)
                path[t] += coefficients[i] * path[t - ((i + 1) * lag)];
        }
    }

    /// <summary>x_t = e_t − Σ θ_i e_{t − i · lag}.</summary>
    public static double[] MovingAverage(double[] noise, ReadOnlySpan<double> coefficients, int lag)
    {
        double[] path = new double[noise.Length];
        for (int t = 0; t < noise.Length; t++)
        {
            path[t] = noise[t];
            for (int i = 0; i < coefficients.Length && t >= (i + 1) * lag; i++)
                path[t] -= coefficients[i] * noise[t - ((i + 1) * lag)];
        }

        return path;
    }

    /// <summary>Coefficients φ of a polynomial 1 − Σ φ_i z^i with all roots outside the unit circle, from partial autocorrelations
    /// (Durbin-Levinson recursion).</summary>
    public static double[] StableCoefficients(SeriesRandom random, int order)
    {
        double[] coefficients = new double[order];
        double[] previous = new double[order];
        for (int k = 0; k < order; k++)
        {
            // Most real series are positively correlated at the first lag.
            double partial = k == 0 ? random.Uniform(-0.35, 0.97) : random.Uniform(-0.8, 0.7);
            coefficients[k] = partial;
            for (int i = 0; i < k; i++)
                coefficients[i] = previous[i] - (partial * previous[k - 1 - i]);
            coefficients.AsSpan(0, k + 1).CopyTo(previous);
        }

        return coefficients;
    }
}
