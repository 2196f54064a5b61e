namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Deterministic chaos with a little noise of observation.</summary>
internal static class ChaosFamily
{
    private const int BurnIn = 100;

    public static double[] Generate(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double[] path = random.Integer(0, 4) switch
        {
            0 => Logistic(random, setting.Length),
            1 => Henon(random, setting.Length),
            2 => MackeyGlass(random, setting.Length),
            3 => Lorenz(random, setting.Length),
            _ => Ricker(random, setting.Length),
        };
        Paths.Standardize(path);
        if (random.Chance(0.7))
            Paths.Add(path, NoisePath.White(random, setting.Length), random.LogUniform(0.005, 0.15));
        return Paths.Place(random, path);
    }

    /// <summary>x ← r x (1 − x).</summary>
    private static double[] Logistic(SeriesRandom random, int length)
    {
        double rate = random.Uniform(3.3, 3.99);
        double x = random.Uniform(0.1, 0.9);
        double[] path = new double[length];
        for (int t = -BurnIn; t < length; t++)
        {
            x = rate * x * (1 - x);
            if (t >= 0)
                path[t] = x;
        }

        return path;
    }

    /// <summary>x ← 1 − a x² + y, y ← b x.</summary>
    private static double[] Henon(SeriesRandom random, int length)
    {
        double a = random.Uniform(1, 1.39);
        double b = random.Uniform(0.2, 0.3);
        (double x, double y) = (random.Uniform(-0.1, 0.1), random.Uniform(-0.1, 0.1));
        double[] path = new double[length];
        for (int t = -BurnIn; t < length; t++)
        {
            (x, y) = (Math.Clamp(1 - (a * x * x) + y, -2, 2), b * x);
            if (t >= 0)
                path[t] = x;
        }

        return path;
    }

    /// <summary>dx/dt = 0.2 x(t − τ) / (1 + x(t − τ)^10) − 0.1 x, in steps of one unit.</summary>
    private static double[] MackeyGlass(SeriesRandom random, int length)
    {
        int delay = random.Integer(12, 30);
        int stride = random.Integer(1, 4);
        double[] history = new double[((length + BurnIn) * stride) + delay + 1];
        for (int t = 0; t <= delay; t++)
            history[t] = random.Uniform(0.8, 1.2);
        for (int t = delay; t < history.Length - 1; t++)
        {
            double delayed = history[t - delay];
            double square = delayed * delayed;
            double power = square * square * square * square * square;
            history[t + 1] = history[t] + (0.2 * delayed / (1 + power)) - (0.1 * history[t]);
        }

        double[] path = new double[length];
        for (int t = 0; t < length; t++)
            path[t] = history[delay + ((t + BurnIn) * stride)];
        return path;
    }

    /// <summary>The first coordinate of Lorenz's convection equations.</summary>
    private static double[] Lorenz(SeriesRandom random, int length)
    {
        const double Step = 0.01;
        double rayleigh = random.Uniform(24.5, 40);
        int stride = random.Integer(2, 8);
        (double x, double y, double z) = (random.Normal(), random.Normal(), 20 + random.Normal());
        double[] path = new double[length];
        for (int t = -BurnIn; t < length; t++)
        {
            for (int i = 0; i < stride; i++)
            {
                (x, y, z) = (
                    x + (Step * 10 * (y - x)),
                    y + (Step * ((x * (rayleigh - z)) - y)),
                    z + (Step * ((x * y) - (8.0 / 3 * z))));
            }

            if (t >= 0)
                path[t] = x;
        }

        return path;
    }

    /// <summary>Ricker's population: x ← x exp(r (1 − x)) with a little noise of the weather.</summary>
    private static double[] Ricker(SeriesRandom random, int length)
    {
        double rate = random.Uniform(1.8, 3);
        double weather = random.Uniform(0, 0.1);
        double x = random.Uniform(0.5, 1.5);
        double[] path = new double[length];
        for (int t = -BurnIn; t < length; t++)
        {
            x *= Math.Exp((rate * (1 - x)) + (weather * random.Normal()));
            if (t >= 0)
                path[t] = x;
        }

        return path;
    }
}
