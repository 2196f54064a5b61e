namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Shapes of machines and laboratories: square and saw-tooth waves, motifs, steps, decays, oscillations.</summary>
internal static class WaveformFamily
{
    public static double[] Generate(SeriesSetting setting)
    {
        SeriesRandom random = setting.Random;
        double period = setting.Season > 1 && random.Chance(0.7)
            ? setting.Season
            : random.LogUniform(3, Math.Max(6, setting.Length / 2.5));
        double[] path = random.Integer(0, 6) switch
        {
            0 => Wave(random, setting.Length, period, random.Uniform(0.1, 0.9), (phase, duty) => phase < duty ? 1 : 0),
            1 => Wave(random, setting.Length, period, random.Uniform(0, 1),
                (phase, peak) => phase < peak ? phase / peak : (1 - phase) / (1 - peak)),
            2 => Motif(random, setting.Length, period),
            3 => Steps(random, setting.Length),
            4 => Decays(random, setting.Length),
            5 => Oscillation(random, setting.Length, period),
            _ => Sines(random, setting.Length, period),
        };
        Paths.Standardize(path);
        if (random.Chance(0.3))
            Paths.Add(path, Paths.Standardize(TrendPath.Draw(setting)), random.LogUniform(0.2, 2));
        if (random.Chance(0.7))
            Paths.Add(path, NoisePath.Draw(random, setting.Length), random.LogUniform(0.005, 0.25));
        return Paths.Place(random, path);
    }

    private static double[] Wave(SeriesRandom random, int length, double period, double parameter, Func<double, double, double> shape)
    {
        double start = random.Uniform();
        double[] path = new double[length];
        for (int t = 0; t < length; t++)
        {
            double phase = start + (t / period);
            path[t] = shape(phase - Math.Floor(phase), parameter);
        }

        return path;
    }

    /// <summary>A random pattern that comes again unchanged, or with a growing amplitude.</summary>
    private static double[] Motif(SeriesRandom random, int length, double period)
    {
        double[] motif = random.Chance(0.5)
            ? NoisePath.White(random, (int)period)
            : NoisePath.Autoregressive(random, (int)period, random.Uniform(0.7, 0.98));
        double growth = random.Chance(0.3) ? random.Normal() / length : 0;
        double[] path = new double[length];
        for (int t = 0; t < length; t++)
            path[t] = motif[t % motif.Length] * Math.Exp(growth * t);
        return path;
    }

    /// <summary>Levels that hold for random times; between two levels, among a few, or any.</summary>
    private static double[] Steps(SeriesRandom random, int length)
    {
        double change = random.LogUniform(2, 20) / length;
        double[] levels = NoisePath.White(random, random.Choose(2, 3, 5, 100));
        double level = levels[0];
        double[] path = new double[length];
        for (int t = 0; t < length; t++)
        {
            if (random.Chance(change))
                level = random.Choose<double>(levels);
            path[t] = level;
        }

        return path;
    }

    /// <summary>Impulses that decay, at random times or one at the beginning.</summary>
    private static double[] Decays(SeriesRandom random, int length)
    {
        double keep = Math.Exp(-1 / (random.LogUniform(0.02, 0.5) * length));
        double impulses = random.Chance(0.4) ? 0 : random.LogUniform(2, 15) / length;
        double value = 1;
        double[] path = new double[length];
        for (int t = 0; t < length; t++)
        {
            if (random.Chance(impulses))
                value += random.Exponential();
            path[t] = value;
            value *= keep;
        }

        return path;
    }

    /// <summary>A sine that is damped, or whose frequency drifts.</summary>
    private static double[] Oscillation(SeriesRandom random, int length, double period)
    {
        double damping = random.Chance(0.5) ? random.LogUniform(0.3, 4) / length : 0;
        double sweep = damping == 0 ? random.Uniform(-0.4, 0.8) / length : 0;
        double start = random.Uniform(0, 2 * Math.PI);
        double[] path = new double[length];
        for (int t = 0; t < length; t++)
            path[t] = Math.Exp(-damping * t) * Math.Sin(start + (2 * Math.PI * t * (1 + (0.5 * sweep * t)) / period));
        return path;
    }

    private static double[] Sines(SeriesRandom random, int length, double period)
    {
        double[] path = new double[length];
        int waves = random.Integer(1, 3);
        for (int k = 0; k < waves; k++)
        {
            KernelFamily.AddWave(path, 2 * Math.PI / period, random.Normal(), random.Normal());
            period = random.LogUniform(3, Math.Max(6, length / 2.5));
        }

        return path;
    }
}
