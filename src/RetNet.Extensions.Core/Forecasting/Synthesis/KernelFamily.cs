namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Draws from Gaussian processes whose kernels are composed at random by sums and products (KernelSynth, arXiv 2403.07815,
/// section 4.2), approximated in linear time: random Fourier features for the smooth kernels, autoregressions for the rough ones,
/// repeated profiles for the periodic ones.</summary>
internal static class KernelFamily
{
    private const int Features = 12;

    public static double[] Generate(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double[] path = Component(setting);
        int more = random.Integer(0, 4);
        for (int i = 0; i < more; i++)
        {
            double[] other = Component(setting);
            if (random.Chance(0.35))
                Paths.Multiply(path, other);
            else
                Paths.Add(path, other, random.LogUniform(0.2, 2));
        }

        Paths.Standardize(path);
        Paths.Add(path, NoisePath.White(random, setting.Length), random.LogUniform(0.01, 0.4));
        return Paths.Place(random, path);
    }

    private static double[] Component(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        int length = setting.Length;
        return random.Weighted(0.25, 0.12, 0.3, 0.15, 0.13, 0.05) switch
        {
            0 => Smooth(random, length, random.LogUniform(0.05, 1) * length),
            1 => RationalQuadratic(random, length),
            2 => Periodic(setting),
            3 => Rough(random, length),
            4 => TrendPath.Linear(length, random.Normal() * 3 / length),
            _ => Constant(random, length),
        };
    }

    /// <summary>The squared exponential kernel: a sum of cosines whose frequencies are normal with deviation 1 / scale.</summary>
    public static double[] Smooth(SeriesRandom random, int length, double scale)
    {
        double[] path = new double[length];
        for (int k = 0; k < Features; k++)
            AddWave(path, random.Normal() / scale, random.Normal(), random.Normal());
        Scale(path, 1 / Math.Sqrt(Features));
        return path;
    }

    /// <summary>The rational quadratic kernel: smooth paths of many scales at once.</summary>
    private static double[] RationalQuadratic(SeriesRandom random, int length)
    {
        double[] path = new double[length];
        double scale = random.LogUniform(0.05, 0.5) * length;
        double shape = random.LogUniform(0.5, 5);
        for (int k = 0; k < Features; k++)
        {
            double precision = random.Gamma(shape) / shape;
            AddWave(path, random.Normal() * Math.Sqrt(precision) / scale, random.Normal(), random.Normal());
        }

        Scale(path, 1 / Math.Sqrt(Features));
        return path;
    }

    /// <summary>path_t += a cos ωt + b sin ωt, by rotation.</summary>
    public static void AddWave(double[] path, double frequency, double a, double b)
    {
        (double sin, double cos) = Math.SinCos(frequency);
        for (int t = 0; t < path.Length; t++)
        {
            path[t] += a;
            (a, b) = ((cos * a) + (sin * b), (cos * b) - (sin * a));
        }
    }

    /// <summary>The periodic kernel: a smooth periodic function, mostly of the nominal season, sometimes of any other.</summary>
    private static double[] Periodic(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double period = setting.Rate.Seasons is { Length: > 0 } seasons && random.Chance(0.75)
            ? random.Choose<int>(seasons)
            : random.LogUniform(3, Math.Max(6, setting.Length / 2.0));
        double smoothness = random.LogUniform(0.3, 2);
        double[] path = new double[setting.Length];
        double variance = 0;
        for (int k = 1; k <= 8 && 2 * k <= period; k++)
        {
            double amplitude = Math.Exp(-0.25 * (k - 1) * (k + 1) * smoothness * smoothness);
            if (amplitude < 0.01)
                break;
            variance += amplitude * amplitude;
            AddWave(path, 2 * Math.PI * k / period, amplitude * random.Normal(), amplitude * random.Normal());
        }

        Scale(path, variance > 0 ? 1 / Math.Sqrt(variance) : 1);
        return path;
    }

    /// <summary>Matérn kernels of order 1/2 and 3/2: autoregressions of order 1, and 2 with a double root.</summary>
    private static double[] Rough(SeriesRandom random, int length)
    {
        double root = Math.Exp(-1 / (random.LogUniform(0.02, 0.5) * length));
        double[] path = NoisePath.Autoregressive(random, length, root);
        if (random.Chance(0.5))
            return path;
        NoisePath.Autoregress(path, [root], lag: 1);
        return Paths.Standardize(path);
    }

    private static double[] Constant(SeriesRandom random, int length)
    {
        double[] path = new double[length];
        Array.Fill(path, random.Normal());
        return path;
    }

    private static void Scale(double[] path, double factor)
    {
        for (int t = 0; t < path.Length; t++)
            path[t] *= factor;
    }
}
