using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>Draws from the usual distributions, as a function of a seed and a place.</summary>
internal sealed class SeriesRandom(int seed, long place)
{
    private RandomStream _stream = new(seed, place);
    private double? _spareNormal;

    /// <summary>From 0 (included) to 1 (excluded).</summary>
    public double Uniform() => (_stream.Next() >> 11) * (1.0 / (1L << 53));

    public double Uniform(double low, double high) => low + ((high - low) * Uniform());

    /// <summary>A number whose logarithm is uniform.</summary>
    public double LogUniform(double low, double high) => low * Math.Exp(Uniform() * Math.Log(high / low));

    /// <summary>From <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    public int Integer(int low, int high) => low + _stream.Next(high - low + 1);

    public bool Chance(double probability) => Uniform() < probability;

    public T Choose<T>(params ReadOnlySpan<T> items) => items[_stream.Next(items.Length)];

    /// <summary>An index, drawn with probabilities in proportion to the weights.</summary>
    public int Weighted(params ReadOnlySpan<double> weights)
    {
        double sum = 0;
        foreach (double weight in weights)
            sum += weight;
        double rest = Uniform() * sum;
        for (int i = 0; i < weights.Length - 1; i++)
        {
            rest -= weights[i];
            if (rest < 0)
                return i;
        }

        return weights.Length - 1;
    }

    /// <summary>Standard normal, by the polar method, which gives two at a time.</summary>
    public double Normal()
    {
        if (_spareNormal is { } spare)
        {
            _spareNormal = null;
            return spare;
        }

        double u, v, square;
        do
        {
            u = Uniform(-1, 1);
            v = Uniform(-1, 1);
            square = (u * u) + (v * v);
        }
        while (square is >= 1 or 0);
        double factor = Math.Sqrt(-2 * Math.Log(square) / square);
        _spareNormal = v * factor;
        return u * factor;
    }

    public double Normal(double mean, double deviation) => mean + (deviation * Normal());

    /// <summary>Exponential with mean 1.</summary>
    public double Exponential() => -Math.Log(1 - Uniform());

    /// <summary>Student's t, divided by its standard deviation.</summary>
    /// <param name="freedom">Degrees of freedom, above 2.</param>
    public double StudentT(double freedom)
    {
        double chiSquare = 2 * Gamma(freedom / 2);
        return Normal() * Math.Sqrt((freedom - 2) / Math.Max(chiSquare, 1e-9));
    }

    /// <summary>Gamma with scale 1 (Marsaglia and Tsang 2000).</summary>
    public double Gamma(double shape)
    {
        if (shape < 1)
            return Gamma(shape + 1) * Math.Pow(1 - Uniform(), 1 / shape);
        double d = shape - (1.0 / 3);
        double c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double x = Normal();
            double root = 1 + (c * x);
            if (root <= 0)
                continue;
            double v = root * root * root;
            if (Math.Log(1 - Uniform()) < (0.5 * x * x) + d - (d * v) + (d * Math.Log(v)))
                return d * v;
        }
    }

    /// <summary>Poisson: by waiting times for small means, by the normal approximation for others.</summary>
    public double Poisson(double mean)
    {
        if (mean > 60)
            return Math.Max(0, Math.Round(Normal(mean, Math.Sqrt(mean))));
        double limit = Math.Exp(-mean);
        double product = Uniform();
        int count = 0;
        while (product > limit)
        {
            count++;
            product *= Uniform();
        }

        return count;
    }

    /// <summary>Negative binomial with variance mean + mean² / shape.</summary>
    public double NegativeBinomial(double mean, double shape) => Poisson(mean * Gamma(shape) / shape);
}
