namespace RetNet.Extensions.Core.Forecasting;

/// <summary>A series to forecast.</summary>
/// <param name="Values">Its values, the oldest first; NaN for a missing one.</param>
/// <param name="Options">What else is known of it; null for nothing.</param>
public sealed record SeriesInput(ReadOnlyMemory<double> Values, SeriesOptions? Options = null);
