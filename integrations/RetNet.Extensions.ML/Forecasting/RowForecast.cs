using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>What a row shows of the forecast of its series.</summary>
/// <param name="Forecast">The forecast; null where no value was observed yet.</param>
/// <param name="Horizon">The number of steps.</param>
/// <param name="ConfidenceLevel">The probability that a value lies between the bounds.</param>
internal sealed record RowForecast(SeriesForecast? Forecast, int Horizon, double ConfidenceLevel)
{
    /// <summary>The point forecast of a step.</summary>
    public double Point(int step) => Forecast is null ? double.NaN : Forecast.Median[step];

    /// <summary>The lower bound of a step.</summary>
    public double Lower(int step) => Quantile(step, (1 - ConfidenceLevel) / 2);

    /// <summary>The upper bound of a step.</summary>
    public double Upper(int step) => Quantile(step, (1 + ConfidenceLevel) / 2);

    /// <summary>One of the <c>[horizon × levels]</c> quantiles.</summary>
    public double Quantile(int index) => Forecast is null ? double.NaN : Forecast.Values[index];

    private double Quantile(int step, double level) => Forecast is null ? double.NaN : Forecast.Quantile(step, level);
}
