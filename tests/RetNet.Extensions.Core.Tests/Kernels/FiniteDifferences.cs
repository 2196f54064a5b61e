namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>Gradients of functions in double precision.</summary>
internal static class FiniteDifferences
{
    /// <summary>∂f/∂x_i of each element by central differences.</summary>
    public static double[] Gradient(double[] x, Func<double> f, double step = 1e-5)
    {
        double[] gradient = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double before = x[i];
            x[i] = before + step;
            double above = f();
            x[i] = before - step;
            double below = f();
            x[i] = before;
            gradient[i] = (above - below) / (2 * step);
        }

        return gradient;
    }

    public static double[] Doubles(float[] x) => Array.ConvertAll(x, value => (double)value);

    /// <summary>The largest difference, relative to the largest expected magnitude, or to 0.1 where all are smaller.</summary>
    public static double Error(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 0, difference = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected[i]));
            difference = Math.Max(difference, Math.Abs(expected[i] - actual[i]));
        }

        return difference / Math.Max(largest, 0.1);
    }
}
