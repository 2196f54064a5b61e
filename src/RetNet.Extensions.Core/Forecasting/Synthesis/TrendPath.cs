namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Trends: paths that begin near 0, in units of the logarithm or of the first level.</summary>
internal static class TrendPath
{
    /// <summary>A trend of a kind drawn at random.</summary>
    public static double[] Draw(SeriesSetting setting) => setting.Random.Weighted(0.05, 0.08, 0.09, 0.2, 0.06, 0.24, 0.2, 0.08) switch
    {
        0 => new double[setting.Length],
        1 => Linear(setting.Length, setting.Drift()),
        2 => Damped(setting),
        3 => Broken(setting),
        4 => Saturating(setting),
        5 => Walk(setting, setting.Drift()),
        6 => LocalLinear(setting),
        _ => Cycle(setting),
    };

    public static double[] Linear(int length, double drift)
    {
        double[] path = new double[length];
        for (int t = 0; t < length; t++)
            path[t] = drift * t;
        return path;
    }

    /// <summary>Growth that fades: steps of drift · φ^t.</summary>
    private static double[] Damped(SeriesSetting setting)
    {
        double[] path = new double[setting.Length];
        double phi = 1 - (1 / (setting.Random.Uniform(0.1, 1) * setting.Length));
        double step = setting.Drift() * setting.Random.Uniform(1, 3);
        for (int t = 1; t < path.Length; t++)
        {
            path[t] = path[t - 1] + step;
            step *= phi;
        }

        return path;
    }

    /// <summary>Straight pieces between change points.</summary>
    private static double[] Broken(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double[] path = new double[setting.Length];
        double rate = setting.ChangeRate();
        double drift = setting.Drift();
        double change = Math.Abs(drift) + (setting.Wander() * Math.Sqrt(rate));
        double slope = drift;
        for (int t = 1; t < path.Length; t++)
        {
            if (random.Chance(rate))
                slope = (0.8 * drift) + (change * random.Normal());
            path[t] = path[t - 1] + slope;
        }

        return path;
    }

    /// <summary>A logistic curve, of which the series may show any part.</summary>
    private static double[] Saturating(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double height = random.LogUniform(0.1, 2.5) * (random.Chance(0.8) ? 1 : -1);
        double middle = random.Uniform(-0.2, 1.1) * setting.Length;
        double width = random.LogUniform(0.04, 0.4) * setting.Length;
        double[] path = new double[setting.Length];
        for (int t = 0; t < path.Length; t++)
            path[t] = height / (1 + Math.Exp((middle - t) / width));
        return path;
    }

    /// <summary>A random walk with drift; in half of them a step tends to follow the one before it.</summary>
    public static double[] Walk(SeriesSetting setting, double drift)
    {
        SeriesRandom random = setting.Random;
        double momentum = random.Chance(0.5) ? random.Uniform(0.1, 0.9) : 0;
        double deviation = (1 - momentum) * setting.Wander();
        double step = 0;
        double[] path = new double[setting.Length];
        for (int t = 1; t < path.Length; t++)
        {
            step = (momentum * step) + (deviation * random.Normal());
            path[t] = path[t - 1] + drift + step;
        }

        return path;
    }

    /// <summary>A level and a slope that both walk (Harvey's local linear trend); the slope returns slowly to its drift.</summary>
    private static double[] LocalLinear(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        int length = setting.Length;
        double levelNoise = random.Chance(0.5) ? 0 : setting.Wander();
        double memory = setting.Rate.IsBusiness
            ? 1 + (random.LogUniform(0.5, 20) * setting.Rate.StepsPerYear)
            : 1 + (length / random.LogUniform(0.2, 20));
        double persistence = 1 - (1 / memory);
        double slopeNoise = setting.Wander() / Math.Min(memory, length);
        double drift = setting.Drift();
        double slope = random.Normal(0, slopeNoise * Math.Sqrt(Math.Min(memory, length)) / 2);
        double[] path = new double[length];
        for (int t = 1; t < length; t++)
        {
            path[t] = path[t - 1] + drift + slope + (levelNoise * random.Normal());
            slope = (persistence * slope) + (slopeNoise * random.Normal());
        }

        return path;
    }

    /// <summary>A business cycle: a drift with a stochastic cycle of 3 to 11 years (or of a part of the series).</summary>
    private static double[] Cycle(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double period = setting.Rate.StepsPerYear < 60
            ? random.Uniform(3, 11) * setting.Rate.StepsPerYear
            : random.LogUniform(0.1, 1) * setting.Length;
        double[] path = Linear(setting.Length, setting.Drift());
        double amplitude = random.LogUniform(0.02, 0.3);
        double damping = Math.Exp(-1 / (random.LogUniform(1, 10) * period));
        (double sin, double cos) = Math.SinCos(2 * Math.PI / Math.Max(period, 3));
        double innovation = Math.Sqrt(1 - (damping * damping));
        (double x, double y) = (random.Normal(), random.Normal());
        double first = x;
        for (int t = 0; t < path.Length; t++)
        {
            path[t] += amplitude * (x - first);
            (x, y) = (
                (damping * ((cos * x) - (sin * y))) + (innovation * random.Normal()),
                (damping * ((sin * x) + (cos * y))) + (innovation * random.Normal()));
        }

        return path;
    }
}
