namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>ARMA processes and seasonal ARIMA processes (Box and Jenkins) with stable random coefficients.</summary>
internal static class ArimaFamily
{
    /// <summary>A stationary process.</summary>
    public static double[] GenerateStationary(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double[] path = NoisePath.Arma(random, setting.Length, random.Integer(1, 4), random.Integer(0, 3));
        if (random.Chance(0.3))
            Paths.Multiply(path, Volatility(random, setting.Length));
        return Paths.Place(random, path);
    }

    /// <summary>SARIMA(p, d, q)(P, D, Q) with at least one difference; half of them airline models (0, 1, 1)(0, 1, 1).</summary>
    public static double[] GenerateIntegrated(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        int season = setting.Season;
        bool airline = random.Chance(0.5);
        bool differenced = airline || random.Chance(0.7);
        bool seasonDifferenced = season > 1 && (airline || !differenced || random.Chance(0.4));

        int warmUp = season + 20;
        double[] path = NoisePath.White(random, setting.Length + warmUp);
        path = NoisePath.MovingAverage(path, airline ? [random.Uniform(0.1, 0.95)] : Coefficients(random), lag: 1);
        if (!airline)
            NoisePath.Autoregress(path, Coefficients(random), lag: 1);
        if (season > 1)
        {
            if (airline || random.Chance(0.5))
                path = NoisePath.MovingAverage(path, [random.Uniform(0.3, 0.95)], season);
            else
                NoisePath.Autoregress(path, [random.Uniform(0, 0.8)], season);
        }

        path = Paths.Standardize(path[warmUp..]);
        double noise = random.LogUniform(0.01, 0.12);
        for (int t = 0; t < path.Length; t++)
            path[t] *= noise;
        double[] profile = season > 1 ? SeasonProfile.Draw(random, season) : [0];
        double strength = SmoothingFamily.SeasonStrength(random, noise);
        double drift = setting.Drift();
        if (seasonDifferenced)
            Integrate(path, season, i => (strength * profile[i]) + (differenced ? 0 : drift * i), differenced ? 0 : drift * season);
        if (differenced || !seasonDifferenced)
        {
            // The season of the differences is that of the level, differenced.
            if (seasonDifferenced)
                Difference(path, profile, strength);
            Integrate(path, 1, _ => 0, drift);
        }

        Bound(random, path);
        return random.Chance(0.7) ? Paths.Exponentiate(path) : Paths.Place(random, path);
    }

    private static double[] Coefficients(SeriesRandom random) =>
        NoisePath.StableCoefficients(random, random.Integer(0, 2));

    /// <summary>y_t = y_{t − lag} + w_t + drift, from given first values.</summary>
    private static void Integrate(double[] path, int lag, Func<int, double> first, double drift)
    {
        for (int t = 0; t < path.Length; t++)
            path[t] = t < lag ? first(t) : path[t - lag] + path[t] + drift;
    }

    private static void Difference(double[] path, double[] profile, double strength)
    {
        int season = profile.Length;
        for (int t = path.Length - 1; t >= 0; t--)
            path[t] -= strength * profile[(t + season - 1) % season];
    }

    // Twice integrated noise wanders without bound; a series of any length keeps to what real ones do.
    private static void Bound(SeriesRandom random, double[] path)
    {
        (double mean, double deviation) = Paths.MeanAndDeviation(path);
        double most = random.LogUniform(0.3, 2.5);
        if (deviation <= most)
            return;
        for (int t = 0; t < path.Length; t++)
            path[t] = (path[t] - mean) * most / deviation;
    }

    private static double[] Volatility(SeriesRandom random, int length)
    {
        double[] path = NoisePath.Autoregressive(random, length, random.Uniform(0.8, 0.99));
        double spread = random.Uniform(0.2, 0.7);
        for (int t = 0; t < length; t++)
            path[t] = Math.Exp(spread * path[t]);
        return path;
    }
}
