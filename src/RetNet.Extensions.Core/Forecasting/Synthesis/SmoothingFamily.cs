namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Exponential smoothing as state-space models with one source of error: error, trend and season are each additive or
/// multiplicative, or absent (Hyndman et al. 2008, chapter 2).</summary>
internal static class SmoothingFamily
{
    private const double LeastLevel = 0.01;

    public static double[] Generate(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        int length = setting.Length;
        int season = random.Chance(0.75) ? setting.Season : 1;
        if (season > 1 && setting.Rate.Seasons is [_, int second] && second * 2 <= length && random.Chance(0.4))
            season = second;
        bool relativeError = random.Chance(0.6);
        bool relativeTrend = relativeError && random.Chance(0.45);
        bool relativeSeason = random.Chance(relativeError ? 0.75 : 0.2);
        double phi = random.Chance(0.35) ? random.Uniform(0.8, 0.98) : 1;

        double deviation = random.LogUniform(setting.Rate.IsBusiness ? 0.008 : 0.005, 0.22);
        double alpha = Alpha(random);

        // Beside the noise of the random walk that they make, level and slope keep to what real series do over their length.
        alpha = Math.Min(alpha, random.Uniform(0.6, 3) / (deviation * Math.Sqrt(length)));
        double beta = random.Chance(0.25) ? 0 : alpha * random.LogUniform(0.02, 0.8);
        beta = Math.Min(beta, random.LogUniform(0.6, 8) / (deviation * Math.Pow(length, 1.5)));
        double gamma = random.Chance(0.4) ? 0 : (1 - Math.Min(alpha, 0.99)) * random.LogUniform(0.005, 0.5);

        double drift = setting.Drift();
        double level = 1;
        // A straight line grows in all as much as the curve with this drift does, about.
        double slope = relativeTrend ? Math.Exp(drift) : drift * (1 + (0.5 * Math.Max(0, drift) * length));
        if (phi < 1 && random.Chance(0.5))
            slope = relativeTrend ? Math.Pow(slope, 3) : slope * 3;
        double[] seasons = Seasons(setting, season, deviation, relativeSeason);
        double freedom = random.Chance(0.15) ? random.Uniform(3, 8) : 0;

        double[] path = new double[length];
        for (int t = 0; t < length; t++)
        {
            ref double seasonal = ref seasons[t % season];
            double relativeSlope = relativeTrend && phi < 1 ? Math.Pow(slope, phi) : slope;
            double trend = relativeTrend ? level * relativeSlope : level + (phi * slope);
            double mean = relativeSeason ? trend * seasonal : trend + seasonal;
            double error = Math.Clamp(deviation * (freedom > 0 ? random.StudentT(freedom) : random.Normal()), -0.9, 3);
            if (relativeError)
                error *= Math.Abs(mean);
            path[t] = mean + error;

            double levelError = relativeSeason ? error / seasonal : error;
            double seasonError = relativeSeason ? error / Math.Max(Math.Abs(trend), LeastLevel) : error;
            double newLevel = trend + (alpha * levelError);
            slope = relativeTrend
                ? Math.Clamp(relativeSlope + (beta * levelError / level), 0.8, 1.25)
                : (phi * slope) + (beta * levelError);
            level = relativeError || relativeTrend || relativeSeason ? Math.Max(newLevel, LeastLevel) : newLevel;
            seasonal += gamma * seasonError;
            if (relativeSeason)
                seasonal = Math.Max(seasonal, 0.02);
        }

        return path;
    }

    // Estimates on real series heap near 0 and near 1.
    private static double Alpha(SeriesRandom random) => random.Weighted(0.38, 0.4, 0.12, 0.1) switch
    {
        0 => random.Uniform(0.05, 1),
        1 => random.Uniform(0.7, 1),
        2 => random.LogUniform(0.005, 0.2),
        _ => 1,
    };

    private static double[] Seasons(SeriesSetting setting, int season, double deviation, bool relative)
    {
        if (season == 1)
            return [relative ? 1 : 0];
        double strength = SeasonStrength(setting.Random, deviation);
        double[] profile = SeasonProfile.Draw(setting.Random, season);
        for (int i = 0; i < season; i++)
            profile[i] = relative ? Math.Max(1 + (strength * profile[i]), 0.05) : strength * profile[i];
        return profile;
    }

    /// <summary>The standard deviation of a profile relative to the level: from hidden in the noise to dominating.</summary>
    public static double SeasonStrength(SeriesRandom random, double noise) => random.Chance(0.5)
        ? random.LogUniform(0.02, 0.5)
        : Math.Clamp(noise * random.LogUniform(0.3, 12), 0.005, 0.7);
}
