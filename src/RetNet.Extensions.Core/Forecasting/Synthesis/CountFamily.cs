namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Counts and intermittent demand: integers from 0.</summary>
internal static class CountFamily
{
    private const double MostEvents = 1e6;

    /// <summary>Poisson or negative binomial counts whose mean has a trend and a season.</summary>
    public static double[] GenerateCounts(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double mean = random.LogUniform(0.4, 300);
        double[] path = Intensity(setting, mean);
        double shape = random.Chance(0.5) ? 0 : random.LogUniform(0.8, 50);
        double zeros = random.Chance(0.15) ? random.Uniform(0.05, 0.6) : 0;
        for (int t = 0; t < path.Length; t++)
        {
            path[t] = random.Chance(zeros) ? 0
                : shape > 0 ? random.NegativeBinomial(path[t], shape) : random.Poisson(path[t]);
        }

        return path;
    }

    /// <summary>Demand that comes seldom: the chance of a demand and its size each have their own course (Croston 1972).</summary>
    public static double[] GenerateIntermittent(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double chance = random.LogUniform(0.05, 0.6);
        double[] chances = Intensity(setting, chance);
        double size = random.LogUniform(0.3, 40);
        double spread = random.Uniform(0.2, 1.1);
        int lot = random.Chance(0.2) ? random.Choose(5, 6, 10, 12, 100) : 1;
        int kind = random.Integer(0, 2);
        double end = random.Chance(0.1) ? random.Uniform(0.4, 1) * setting.Length : double.PositiveInfinity;
        double[] path = new double[setting.Length];
        for (int t = 0; t < path.Length; t++)
        {
            if (t > end || !random.Chance(Math.Min(chances[t], 0.75)))
                continue;
            path[t] = lot * (1 + kind switch
            {
                0 => random.Poisson(size),
                1 => random.NegativeBinomial(size, 1.5),
                _ => Math.Floor(Math.Min(size * Math.Exp(spread * random.Normal()), MostEvents)),
            });
        }

        return path;
    }

    private static double[] Intensity(SeriesSetting setting, double mean)
    {
        SeriesRandom random = setting.Random;
        double[] path = random.Chance(0.5) ? StructuralFamily.Trend(setting) : new double[setting.Length];
        if (random.Chance(0.6))
            StructuralFamily.AddSeasons(setting, path, 0.1);
        if (random.Chance(0.4))
            Paths.Add(path, NoisePath.Autoregressive(random, path.Length, random.Uniform(0.5, 0.97)), random.LogUniform(0.05, 0.5));
        Paths.Exponentiate(path);
        for (int t = 0; t < path.Length; t++)
            path[t] = Math.Min(path[t] * mean, MostEvents);
        return path;
    }
}
