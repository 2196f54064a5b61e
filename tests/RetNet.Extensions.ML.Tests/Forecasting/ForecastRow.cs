namespace RetNet.Extensions.ML.Tests.Forecasting;

/// <summary>What a forecast is read into.</summary>
internal sealed class ForecastRow
{
    public float[] Forecast { get; set; } = [];

    public float[] Lower { get; set; } = [];

    public float[] Upper { get; set; } = [];

    public float[] Quantiles { get; set; } = [];

    public string Store { get; set; } = "";

    public float Value { get; set; }
}
