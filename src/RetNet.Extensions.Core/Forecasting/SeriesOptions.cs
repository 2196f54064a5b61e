namespace RetNet.Extensions.Core.Forecasting;

/// <summary>What is known of a series beside its values.</summary>
public sealed record SeriesOptions
{
    /// <summary>The longest season, in steps.</summary>
    public const int LongestSeason = 2048;

    /// <summary>The number of seasons that a series may have at most.</summary>
    public const int MostSeasons = Series.PatchShape.Seasons;

    /// <summary>The most views of a series.</summary>
    public const int MostViews = 8;

    /// <summary>Nothing but the values.</summary>
    public static SeriesOptions Default { get; } = new();

    /// <summary>The lengths of the seasons in steps, such as 12 for months, or 24 and 168 for hours: at most two different ones of 2 to
    /// <see cref="LongestSeason"/>, in any order. Default: none. A season that the series does not show does little harm, unless
    /// the series is nearly a line.</summary>
    public IReadOnlyList<int> SeasonLengths { get; init; } = [];

    /// <summary>The number of views of a series whose forecasts are averaged, quantile by quantile, 1 to <see cref="MostViews"/>. Default:
    /// 3.</summary>
    /// <remarks>Where a patch begins says nothing of a series, but moves its forecast: in each view patches begin at other steps. Of two
    /// seasons, every third view knows only the longer one, and counts half. Each view reads the series for itself and has a state of the
    /// decoder, so that time and memory grow with their number.</remarks>
    public int Views { get; init; } = 3;

    /// <summary>Finds the lengths of the seasons that a series shows. In doubt there is none.</summary>
    /// <param name="values">Its values, the oldest first; NaN for a missing one. Of a long series the last 4,096 are read.</param>
    /// <returns>At most two lengths, in ascending order: each is repeated at least three times, and is no longer than
    /// <see cref="LongestSeason"/>.</returns>
    public static IReadOnlyList<int> DetectSeasons(ReadOnlySpan<double> values) => SeasonDetection.Find(values);

    /// <summary>The usual lengths of seasons for the time from one step to the next: a day and a week for steps of less than a day, a week
    /// for days, a year for weeks, months, quarters and half years.</summary>
    /// <param name="step">The time of a step; 28 to 31 days are a month, 90 to 92 a quarter, 181 to 184 half a year.</param>
    /// <returns>At most two lengths, in ascending order, such as 24 and 168 for an hour; none for other times.</returns>
    public static IReadOnlyList<int> SeasonsOf(TimeSpan step) => step.TotalDays switch
    {
        > 0 and < 1 when TimeSpan.TicksPerDay % step.Ticks == 0 => [.. ((TimeSpan[])[TimeSpan.FromDays(1), TimeSpan.FromDays(7)])
            .Select(season => (int)Math.Min(season / step, int.MaxValue)).Where(length => length <= LongestSeason)],
        1 => [7],
        7 => [52],
        >= 28 and <= 31 => [12],
        >= 90 and <= 92 => [4],
        >= 181 and <= 184 => [2],
        _ => [],
    };

    /// <summary>The lengths of the seasons in ascending order.</summary>
    /// <param name="series">What errors call the series.</param>
    /// <exception cref="ArgumentException">There are more than two, two are equal, or one is out of range.</exception>
    internal int[] CheckedSeasons(string series = "The series")
    {
        if (SeasonLengths.Count > MostSeasons)
        {
            throw new ArgumentException(
                $"{series}: {nameof(SeasonLengths)} has {SeasonLengths.Count} lengths; expected at most {MostSeasons}.");
        }

        foreach (int length in SeasonLengths)
        {
            if (length is < 2 or > LongestSeason)
            {
                throw new ArgumentException(
                    $"{series}: {nameof(SeasonLengths)} has a season of {length} steps; expected 2 to {LongestSeason}.");
            }
        }

        if (SeasonLengths is [int first, int second] && first == second)
        {
            throw new ArgumentException(
                $"{series}: {nameof(SeasonLengths)} has the season of {first} steps twice; expected different lengths.");
        }

        return [.. SeasonLengths.Order()];
    }

    /// <summary>The number of views.</summary>
    /// <param name="series">What errors call the series.</param>
    /// <exception cref="ArgumentException">It is out of range.</exception>
    internal int CheckedViews(string series = "The series") => Views is >= 1 and <= MostViews
        ? Views
        : throw new ArgumentException($"{series}: {nameof(Views)} is {Views}; expected 1 to {MostViews}.");
}
