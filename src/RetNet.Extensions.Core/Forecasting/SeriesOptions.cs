namespace RetNet.Extensions.Core.Forecasting;

/// <summary>What is known of a series beside its values.</summary>
public sealed record SeriesOptions
{
    /// <summary>The longest season, in steps.</summary>
    public const int LongestSeason = 2048;

    /// <summary>The number of seasons that a series may have at most.</summary>
    public const int MostSeasons = Series.PatchShape.Seasons;

    /// <summary>Nothing but the values.</summary>
    public static SeriesOptions Default { get; } = new();

    /// <summary>The lengths of the seasons in steps, such as 12 for months, or 24 and 168 for hours: at most two different ones of 2 to
    /// <see cref="LongestSeason"/>, in any order. Default: none. A season that the series does not show does little harm.</summary>
    public IReadOnlyList<int> SeasonLengths { get; init; } = [];

    /// <summary>The lengths in ascending order.</summary>
    /// <exception cref="ArgumentException">There are more than two, two are equal, or one is out of range.</exception>
    internal int[] CheckedSeasons()
    {
        if (SeasonLengths.Count > MostSeasons)
        {
            throw new ArgumentException($"{nameof(SeasonLengths)} has {SeasonLengths.Count} lengths; expected at most {MostSeasons}.");
        }

        foreach (int length in SeasonLengths)
        {
            if (length is < 2 or > LongestSeason)
            {
                throw new ArgumentException($"{nameof(SeasonLengths)} has a season of {length} steps; expected 2 to {LongestSeason}.");
            }
        }

        if (SeasonLengths is [int first, int second] && first == second)
            throw new ArgumentException($"{nameof(SeasonLengths)} has the season of {first} steps twice; expected different lengths.");
        return [.. SeasonLengths.Order()];
    }
}
