namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Shares and percentages, between 0 and 1 or 0 and 100, bounds included.</summary>
internal static class BoundedFamily
{
    public static double[] Generate(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double top = random.Choose(1.0, 100.0);
        double[] path = random.Integer(0, 3) switch
        {
            0 or 1 => Logistic(setting),
            2 => Proportions(setting),
            _ => Clipped(setting),
        };
        for (int t = 0; t < path.Length; t++)
            path[t] *= top;
        return path;
    }

    /// <summary>1 / (1 + exp(−x)) of a trend, a season and noise.</summary>
    private static double[] Logistic(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double[] path = Latent(setting);
        double offset = random.Normal(0, 1.5);
        double spread = random.LogUniform(0.1, 2);
        for (int t = 0; t < path.Length; t++)
            path[t] = 1 / (1 + Math.Exp(-offset - (spread * path[t])));
        return path;
    }

    /// <summary>So many of so many.</summary>
    private static double[] Proportions(SeriesSetting setting)
    {
        double[] path = Logistic(setting);
        int trials = setting.Random.Integer(2, 60);
        for (int t = 0; t < path.Length; t++)
        {
            int successes = 0;
            for (int i = 0; i < trials; i++)
                successes += setting.Random.Chance(path[t]) ? 1 : 0;
            path[t] = successes / (double)trials;
        }

        return path;
    }

    /// <summary>A path that is held at its bounds, such as a load or a fill level.</summary>
    private static double[] Clipped(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double[] path = Latent(setting);
        double middle = random.Uniform(0.1, 0.9);
        double spread = random.Uniform(0.1, 0.6);
        for (int t = 0; t < path.Length; t++)
            path[t] = Math.Clamp(middle + (spread * path[t]), 0, 1);
        return path;
    }

    private static double[] Latent(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double[] path = StructuralFamily.Trend(setting);
        double noise = random.LogUniform(0.01, 0.3);
        StructuralFamily.AddSeasons(setting, path, noise);
        Paths.Add(path, NoisePath.Draw(random, path.Length), noise);
        return Paths.Standardize(path);
    }
}
