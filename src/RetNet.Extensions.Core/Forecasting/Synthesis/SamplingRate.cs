namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>How often a series is observed, as its observer states it.</summary>
/// <param name="Seasons">The nominal season lengths in steps, the shortest first; empty where none is known.</param>
/// <param name="StepsPerYear">The steps of a year, for growth rates.</param>
internal sealed record SamplingRate(int[] Seasons, double StepsPerYear)
{
    // Weights of: no season, yearly, quarterly, monthly, weekly, daily, hourly, half-hourly, minutes, other seasons.
    private static readonly (int MostSteps, double[] Weights)[] WeightsByLength =
    [
        (80, [3, 30, 21, 28, 4, 7, 1, 0, 0, 6]),
        (220, [4, 9, 14, 40, 9, 11, 5, 1, 0, 7]),
        (500, [5, 2, 6, 24, 15, 19, 17, 4, 2, 6]),
        (int.MaxValue, [5, 1, 2, 12, 13, 22, 28, 7, 4, 6]),
    ];

    /// <summary>The season that most of the structure follows; 1 where none is known.</summary>
    public int Season => Seasons is [int season, ..] ? season : 1;

    /// <summary>Whether a day has several steps.</summary>
    public bool IsWithinDay => StepsPerYear > 400;

    /// <summary>Whether it is the rate of books and statistics: years, quarters or months.</summary>
    public bool IsBusiness => StepsPerYear is 1 or 4 or 12;

    /// <summary>Draws one that is plausible for a length.</summary>
    public static SamplingRate Draw(SeriesRandom random, int length)
    {
        double[] weights = Array.Find(WeightsByLength, row => length <= row.MostSteps).Weights;
        return random.Weighted(weights) switch
        {
            0 => new([], random.LogUniform(4, 1000)),
            1 => new([], 1),
            2 => new([4], 4),
            3 => new([12], 12),
            4 => new([52], 52.18),
            5 => new(random.Chance(0.3) ? [7, 365] : [7], 365.25),
            6 => new(random.Chance(0.7) ? [24, 168] : [24], 8766),
            7 => new(random.Chance(0.7) ? [48, 336] : [48], 17532),
            8 => Minutes(random),
            _ => new([random.Chance(0.5) ? random.Choose(5, 6, 10, 13, 20, 26) : random.Integer(2, 60)], random.LogUniform(4, 400)),
        };
    }

    private static SamplingRate Minutes(SeriesRandom random)
    {
        int perDay = random.Choose(96, 144, 288);
        return random.Choose(
            new SamplingRate([perDay], 365.25 * perDay),
            new SamplingRate(perDay * 7 <= 2048 ? [perDay, perDay * 7] : [perDay], 365.25 * perDay),
            new SamplingRate([60], 525_960));
    }
}
