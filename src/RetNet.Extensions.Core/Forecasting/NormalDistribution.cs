namespace RetNet.Extensions.Core.Forecasting;

/// <summary>The standard normal distribution.</summary>
internal static class NormalDistribution
{
    /// <summary>Φ(x) = ½ (1 + erf(x / √2)).</summary>
    public static double Probability(double x) => 0.5 * (1 + Kernels.Functions.Activations.Erf(x / Math.Sqrt(2)));

    /// <summary>Φ⁻¹(p): a rational start (Abramowitz and Stegun 26.2.23, error below 4.5e-4), then two steps of Halley's method on
    /// Φ.</summary>
    /// <param name="p">Above 0 and below 1.</param>
    public static double Quantile(double p)
    {
        double tail = Math.Min(p, 1 - p);
        double t = Math.Sqrt(-2 * Math.Log(tail));
        double x = -(t - ((2.515517 + (t * (0.802853 + (t * 0.010328)))) / (1 + (t * (1.432788 + (t * (0.189269 + (t * 0.001308))))))));
        for (int i = 0; i < 2; i++)
        {
            double error = Probability(x) - tail;
            double step = error * Math.Sqrt(2 * Math.PI) * Math.Exp(x * x / 2);
            x -= step / (1 + (x * step / 2));
        }

        return p < 0.5 ? x : -x;
    }
}
