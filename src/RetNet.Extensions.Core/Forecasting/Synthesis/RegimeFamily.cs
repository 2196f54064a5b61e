namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Series that switch between regimes by a Markov chain or when they cross a threshold.</summary>
internal static class RegimeFamily
{
    private readonly record struct Regime(double Mean, double Persistence, double Deviation, double Drift);

    public static double[] Generate(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        Regime[] regimes = new Regime[random.Integer(2, 3)];
        double drift = random.Chance(0.3) ? 2.0 / setting.Length : 0;
        for (int i = 0; i < regimes.Length; i++)
        {
            regimes[i] = new(
                random.Normal(0, 2), random.Uniform(0, 0.97), random.LogUniform(0.05, 1), drift * random.Normal());
        }

        double[] path = random.Chance(0.75) ? Switched(setting, regimes) : Threshold(setting, regimes[0], regimes[1]);
        if (random.Chance(0.5))
            StructuralFamily.AddSeasons(setting, path, 0.3);
        return Paths.Place(random, path);
    }

    private static double[] Switched(SeriesSetting setting, Regime[] regimes)
    {
        SeriesRandom random = setting.Random;
        double leave = random.LogUniform(1.5, 12) / setting.Length;
        double[] path = new double[setting.Length];
        Regime regime = regimes[0];
        double value = random.Normal(0, regime.Deviation);
        double trend = 0;
        for (int t = 0; t < path.Length; t++)
        {
            if (random.Chance(leave))
                regime = random.Choose<Regime>(regimes);
            value = (regime.Persistence * value)
                + (Math.Sqrt(1 - (regime.Persistence * regime.Persistence)) * regime.Deviation * random.Normal());
            trend += regime.Drift;
            path[t] = regime.Mean + value + trend;
        }

        return path;
    }

    /// <summary>A self-exciting threshold autoregression (Tong): one regime below a level, the other above it.</summary>
    private static double[] Threshold(SeriesSetting setting, Regime low, Regime high)
    {
        SeriesRandom random = setting.Random;
        double threshold = (low.Mean + high.Mean) / 2;
        int delay = random.Integer(1, 3);
        double[] path = new double[setting.Length];
        for (int t = 0; t < path.Length; t++)
        {
            double before = t >= delay ? path[t - delay] : threshold;
            Regime regime = before > threshold ? high : low;
            double last = t > 0 ? path[t - 1] : regime.Mean;
            path[t] = regime.Mean + (regime.Persistence * (last - regime.Mean)) + (regime.Deviation * random.Normal());
        }

        return path;
    }
}
