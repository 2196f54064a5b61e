using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Tool.Forecasting;

/// <summary>A series to measure forecasts with.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Period">The group it is reported in, such as MONTHLY.</param>
/// <param name="SeasonLength">Steps of a season; 1 for none.</param>
/// <param name="History">What a forecast is made from, the oldest first; NaN where missing, at least one value is there.</param>
/// <param name="Future">The values that came, as many as the horizon has steps; NaN where missing.</param>
internal sealed record EvaluationSeries(string Id, string Period, int SeasonLength, double[] History, double[] Future)
{
    // Steps of a day: hours, half hours, quarters of an hour, ten and five minutes.
    private static readonly int[] Days = [24, 48, 96, 144, 288];

    /// <summary>The seasons that a model is told: the season, with the week where it is a day.</summary>
    public IReadOnlyList<int> Seasons => SeasonLength switch
    {
        < 2 or > SeriesOptions.LongestSeason => [],
        _ when Days.Contains(SeasonLength) => [SeasonLength, 7 * SeasonLength],
        _ => [SeasonLength],
    };
}
