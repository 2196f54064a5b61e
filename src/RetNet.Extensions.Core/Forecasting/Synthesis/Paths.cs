namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Arithmetic on whole series.</summary>
internal static class Paths
{
    // Beyond this, the values of an exponentiated path differ by more than real series do.
    private const double WidestExponent = 8;

    /// <summary>Subtracts the mean and divides by the standard deviation, where there is one.</summary>
    public static double[] Standardize(double[] path)
    {
        (double mean, double deviation) = MeanAndDeviation(path);
        double factor = deviation > 1e-12 * (1 + Math.Abs(mean)) ? 1 / deviation : 1;
        for (int t = 0; t < path.Length; t++)
            path[t] = (path[t] - mean) * factor;
        return path;
    }

    public static (double Mean, double Deviation) MeanAndDeviation(ReadOnlySpan<double> path)
    {
        double mean = 0;
        foreach (double value in path)
            mean += value;
        mean /= path.Length;
        double squares = 0;
        foreach (double value in path)
            squares += (value - mean) * (value - mean);
        return (mean, Math.Sqrt(squares / path.Length));
    }

    /// <summary>path ← path + factor · other.</summary>
    public static void Add(double[] path, ReadOnlySpan<double> other, double factor)
    {
        for (int t = 0; t < path.Length; t++)
            path[t] += factor * other[t];
    }

    public static void Multiply(double[] path, ReadOnlySpan<double> other)
    {
        for (int t = 0; t < path.Length; t++)
            path[t] *= other[t];
    }

    /// <summary>Exponentiates in place, after bending what spreads too far.</summary>
    public static double[] Exponentiate(double[] path)
    {
        double widest = 0;
        foreach (double value in path)
            widest = Math.Max(widest, Math.Abs(value));
        double factor = widest > WidestExponent ? WidestExponent / widest : 1;
        for (int t = 0; t < path.Length; t++)
            path[t] = Math.Exp(factor * path[t]);
        return path;
    }

    /// <summary>Gives a path without units a level as measured quantities have one: most are positive, with a variation that is small or
    /// large beside the level.</summary>
    public static double[] Place(SeriesRandom random, double[] path)
    {
        Standardize(path);
        switch (random.Weighted(0.15, 0.5, 0.2, 0.15))
        {
            case 0:
                Shift(path, random.Normal());
                return path;
            case 1:
                Shift(path, random.LogUniform(2, 60));
                return path;
            case 2:
                double deviation = random.LogUniform(0.05, 0.9);
                for (int t = 0; t < path.Length; t++)
                    path[t] *= deviation;
                return Exponentiate(path);
            default:
                double least = path.Min();
                Shift(path, random.Chance(0.5) ? -least : -least + random.Exponential());
                return path;
        }
    }

    private static void Shift(double[] path, double offset)
    {
        for (int t = 0; t < path.Length; t++)
            path[t] += offset;
    }
}
