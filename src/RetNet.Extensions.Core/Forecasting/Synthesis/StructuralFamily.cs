namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Sums of a trend, seasons and noise, as they are or exponentiated.</summary>
internal static class StructuralFamily
{
    public static double[] Generate(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double noise = random.LogUniform(setting.Rate.IsBusiness ? 0.008 : 0.004, 0.22);
        double[] path = Trend(setting);
        if (random.Chance(0.8))
            AddSeasons(setting, path, noise);
        Paths.Add(path, NoisePath.Draw(random, setting.Length), noise);
        return Level(random, path);
    }

    /// <summary>A series with much that no model foresees: shifts of the level, outliers, spikes, changes that pass.</summary>
    public static double[] GenerateDisturbed(SeriesSetting setting)
    {
        double[] path = Generate(setting);
        int disturbances = setting.Random.Integer(1, 3);
        for (int i = 0; i < disturbances; i++)
            Disturbance.Apply(setting.Random, path);
        return path;
    }

    /// <summary>A random walk, a return to a mean, or prices with a variance that changes.</summary>
    public static double[] GenerateWalk(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        int length = setting.Length;
        double drift = random.Chance(setting.Rate.IsBusiness ? 0.9 : 0.4) ? setting.Drift() : 0;
        double[] path;
        switch (random.Integer(0, 2))
        {
            case 0:
                path = TrendPath.Walk(setting, drift);
                break;
            case 1:
                path = NoisePath.Autoregressive(random, length, 1 - random.LogUniform(0.003, 0.3));
                double deviation = random.LogUniform(0.02, 0.5);
                for (int t = 0; t < length; t++)
                    path[t] *= deviation;
                break;
            default:
                path = new double[length];
                double[] returns = NoisePath.ChangingVariance(random, length);
                double volatility = random.LogUniform(0.03, 1) / Math.Sqrt(length);
                for (int t = 1; t < length; t++)
                    path[t] = path[t - 1] + drift + (volatility * returns[t]);
                break;
        }

        return Level(random, path);
    }

    /// <summary>A trend; half of them wander about it.</summary>
    public static double[] Trend(SeriesSetting setting)
    {
        double[] path = TrendPath.Draw(setting);
        if (setting.Random.Chance(0.5))
            Paths.Add(path, TrendPath.Walk(setting, drift: 0), setting.Random.Uniform(0.2, 0.8));
        return path;
    }

    /// <summary>Adds a season, and often a second one where the rate has it.</summary>
    public static void AddSeasons(SeriesSetting setting, double[] path, double noise)
    {
        SeriesRandom random = setting.Random;
        if (setting.Season == 1)
            return;
        Paths.Add(path, SeasonProfile.Repeat(random, path.Length, setting.Season), SmoothingFamily.SeasonStrength(random, noise));
        if (setting.Rate.Seasons is [_, int second] && random.Chance(0.6))
            Paths.Add(path, SeasonProfile.Repeat(random, path.Length, second), SmoothingFamily.SeasonStrength(random, noise));
    }

    private static double[] Level(SeriesRandom random, double[] path)
    {
        if (random.Chance(0.65))
            return Paths.Exponentiate(path);
        for (int t = 0; t < path.Length; t++)
            path[t] += 1;
        return path;
    }
}
