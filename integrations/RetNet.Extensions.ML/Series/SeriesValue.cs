using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.ML.Series;

/// <summary>Checks values before a forecaster reads them, since only here the column is known.</summary>
internal static class SeriesValue
{
    /// <summary>Refuses a value that can't be computed with.</summary>
    /// <param name="value">The value; NaN for a missing one.</param>
    /// <param name="place">The column and the series.</param>
    /// <param name="step">The step of the series.</param>
    /// <exception cref="ArgumentException">The value is infinite or too large.</exception>
    public static void Require(double value, string place, long step)
    {
        const double largest = Forecaster.LargestValue;
        if (Math.Abs(value) > largest)
        {
            throw new ArgumentException(
                $"{place}: the value of step {step} is {value}; expected a number from {-largest} to {largest}, or NaN for a missing one.");
        }
    }
}
