using MathNet.Numerics.LinearAlgebra;

namespace Forecasting;

/// <summary>Singular spectrum analysis with its recurrent forecast, the method of ML.NET's <c>ForecastBySsa</c> (Golyandina, Nekrutkin and
/// Zhigljavsky 2001).</summary>
public static class SingularSpectrum
{
    /// <summary>Forecasts a series without missing values.</summary>
    /// <param name="series">The values y, longer than the window.</param>
    /// <param name="window">Length L of the pieces of the series that are the columns of the matrix X.</param>
    /// <param name="rank">The number of left singular vectors of X that are signal.</param>
    /// <param name="horizon">Steps to forecast.</param>
    public static double[] Forecast(double[] series, int window, int rank, int horizon)
    {
        int columns = series.Length - window + 1;
        Matrix<double> x = Matrix<double>.Build.Dense(window, columns, (row, column) => series[row + column]);
        Matrix<double> u = x.Svd().U.SubMatrix(0, window, 0, rank);

        // The signal: X projected on the vectors, as mean over the places that stand for the same step.
        Matrix<double> signal = u * (u.Transpose() * x);
        List<double> values = [.. Enumerable.Range(0, series.Length).Select(step =>
            Enumerable.Range(Math.Max(0, step - columns + 1), Math.Min(window - 1, step) - Math.Max(0, step - columns + 1) + 1)
                .Average(row => signal[row, step - row]))];

        // A step is the same combination of the L - 1 before it as in every piece of the signal: Σ π u / (1 - Σ π²), with π the last
        // component of a vector and u the others.
        Vector<double> last = u.Row(window - 1);
        Vector<double> weights = u.SubMatrix(0, window - 1, 0, rank) * last / (1 - last.DotProduct(last));
        for (int step = 0; step < horizon; step++)
            values.Add(weights.DotProduct(Vector<double>.Build.DenseOfEnumerable(values.TakeLast(window - 1))));
        return [.. values.TakeLast(horizon)];
    }
}
