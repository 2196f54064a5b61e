namespace RetNet.Extensions.Tool.Forecasting;

/// <summary>A series to measure forecasts with.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Period">The group it is reported in, such as MONTHLY.</param>
/// <param name="SeasonLength">Steps of a season; 1 for none.</param>
/// <param name="History">What a forecast is made from, the oldest first; NaN where missing, at least one value is there.</param>
/// <param name="Future">The values that came, as many as the horizon has steps; NaN where missing.</param>
internal sealed record EvaluationSeries(string Id, string Period, int SeasonLength, double[] History, double[] Future);
