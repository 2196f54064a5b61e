namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>What befalls a series from outside.</summary>
internal static class Disturbance
{
    private const double MostBend = 3;

    /// <summary>Changes the growth of a business series from some time on, by some percent a year, as prices and markets change.</summary>
    public static void Bend(SeriesSetting setting, double[] path)
    {
        SeriesRandom random = setting.Random;
        int time = random.Integer(0, path.Length - 1);
        double slope = random.Normal(0.02, 0.08) / setting.Rate.StepsPerYear;
        double most = MostBend / path.Length;
        slope = Math.Clamp(slope, -most, most);
        for (int t = time; t < path.Length; t++)
            path[t] *= Math.Exp(slope * (t - time));
    }

    /// <summary>Applies one kind, drawn at random, in place.</summary>
    public static void Apply(SeriesRandom random, double[] path)
    {
        double deviation = Paths.MeanAndDeviation(path).Deviation;
        double size = deviation * random.LogUniform(0.3, 4) * (random.Chance(0.5) ? 1 : -1);
        int time = random.Integer(0, path.Length - 1);
        switch (random.Weighted(0.25, 0.3, 0.2, 0.15, 0.1))
        {
            case 0:
                for (int t = time; t < path.Length; t++)
                    path[t] += size;
                break;
            case 1:
                double share = random.LogUniform(0.003, 0.05);
                bool oneSided = random.Chance(0.5);
                for (int t = 0; t < path.Length; t++)
                {
                    if (random.Chance(share))
                        path[t] += size * (oneSided ? Math.Abs(random.StudentT(3)) : random.StudentT(3));
                }

                break;
            case 2:
                double decay = Math.Exp(-1 / random.LogUniform(1, path.Length / 4.0));
                for (int t = time; t < path.Length; t++)
                {
                    path[t] += size;
                    size *= decay;
                }

                break;
            case 3:
                int ramp = random.Integer(2, Math.Max(2, path.Length / 4));
                for (int t = time; t < path.Length; t++)
                    path[t] += size * Math.Min(1, (t - time + 1) / (double)ramp);
                break;
            default:
                double noise = Math.Abs(size) * 0.3;
                for (int t = time; t < path.Length; t++)
                    path[t] += noise * random.Normal();
                break;
        }
    }
}
