namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>What measuring makes of a series: units, digits, bounds, gaps.</summary>
internal static class Augmentation
{
    private const int LeastObserved = 3;

    /// <summary>Bends time: a smooth, increasing map of the steps onto the steps.</summary>
    public static double[] WarpTime(SeriesRandom random, double[] path)
    {
        int length = path.Length;
        double depth = random.Uniform(0.2, 0.9);
        double waves = random.Uniform(0.3, 1.5) * 2 * Math.PI;
        double start = random.Uniform(0, 2 * Math.PI);
        double[] times = new double[length];
        for (int t = 1; t < length; t++)
            times[t] = times[t - 1] + 1 + (depth * Math.Sin(start + (waves * t / length)));
        double factor = (length - 1) / times[^1];
        double[] warped = new double[length];
        for (int t = 0; t < length; t++)
        {
            double time = Math.Clamp(times[t] * factor, 0, length - 1);
            int before = Math.Min((int)time, length - 2);
            warped[t] = path[before] + ((time - before) * (path[before + 1] - path[before]));
        }

        return warped;
    }

    /// <summary>Gives a typical value of 0.001 to 10,000,000, now and then with the sign turned or the extremes cut.</summary>
    public static void Scale(SeriesRandom random, double[] path)
    {
        double size = path.Average(Math.Abs);
        double target = random.Chance(0.75) ? random.LogUniform(5, 50_000) : random.LogUniform(1e-3, 1e7);
        double factor = size > 0 ? target / size : 1;
        if (random.Chance(0.02))
            factor = -factor;
        for (int t = 0; t < path.Length; t++)
            path[t] *= factor;
        if (random.Chance(0.02))
            Clip(random, path);
    }

    /// <summary>Rounds half of the series: to integers, or to two to four digits of the largest value.</summary>
    public static void Round(SeriesRandom random, double[] path)
    {
        double largest = path.Max(Math.Abs);
        if (largest == 0 || random.Chance(0.45))
            return;
        double unit = largest > 30 && random.Chance(0.8)
            ? 1
            : Math.Pow(10, Math.Floor(Math.Log10(largest)) - random.Integer(1, 4));
        for (int t = 0; t < path.Length; t++)
        {
            // A division gives the number that is nearest to the decimal, where the unit is 0.01.
            path[t] = unit < 1 ? Math.Round(path[t] / unit) / Math.Round(1 / unit) : Math.Round(path[t] / unit) * unit;
        }
    }

    /// <summary>Takes away up to 30 % of the values: at random, in stretches, or the first ones.</summary>
    public static void LoseValues(SeriesRandom random, double[] path)
    {
        int length = path.Length;
        int most = Math.Min((int)(0.3 * length), length - LeastObserved);
        if (most < 1)
            return;
        int lost = random.Integer(1, most);
        switch (random.Integer(0, 3))
        {
            case 0 or 1:
                for (int i = 0; i < lost; i++)
                    path[random.Integer(0, length - 1)] = double.NaN;
                break;
            case 2:
                int stretches = random.Integer(1, Math.Min(4, lost));
                for (int i = 0; i < stretches; i++)
                    path.AsSpan(random.Integer(0, length - (lost / stretches)), lost / stretches).Fill(double.NaN);
                break;
            default:
                path.AsSpan(0, lost).Fill(double.NaN);
                break;
        }
    }

    private static void Clip(SeriesRandom random, double[] path)
    {
        (double mean, double deviation) = Paths.MeanAndDeviation(path);
        double low = random.Chance(0.5) ? double.NegativeInfinity : mean - (deviation * random.Uniform(0.7, 2));
        double high = mean + (deviation * random.Uniform(0.7, 2));
        for (int t = 0; t < path.Length; t++)
            path[t] = Math.Clamp(path[t], low, high);
    }
}
