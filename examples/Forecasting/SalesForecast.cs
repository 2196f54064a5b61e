using Microsoft.ML.Data;

namespace Forecasting;

/// <summary>What the pipeline adds to a month: the forecast of the months that follow it.</summary>
public sealed class SalesForecast
{
    public const int Horizon = 12, Levels = 9;

    [VectorType(Horizon)]
    public float[] Forecast { get; set; } = [];

    [VectorType(Horizon)]
    public float[] Lower { get; set; } = [];

    [VectorType(Horizon)]
    public float[] Upper { get; set; } = [];

    [VectorType(Horizon, Levels)]
    public float[] Quantiles { get; set; } = [];
}
