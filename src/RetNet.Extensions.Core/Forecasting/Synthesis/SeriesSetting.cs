namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>What the generators of one series have in common.</summary>
internal sealed record SeriesSetting(SeriesRandom Random, int Length, SamplingRate Rate)
{
    // The most that a drift changes a logarithm over a whole series, where years count the steps and otherwise.
    private const double MostBusinessGrowth = 7;
    private const double MostGrowth = 3.5;

    /// <summary>The nominal season; 1 where none is known or where hardly one fits into the series.</summary>
    public int Season => Rate.Season <= Length ? Rate.Season : 1;

    /// <summary>Draws the drift of a logarithm per step: business growth of −5 % to 30 % a year for rates down to weeks, otherwise
    /// some change over the whole series.</summary>
    public double Drift()
    {
        bool grows = Rate.IsBusiness ? Random.Chance(0.96) : Rate.StepsPerYear < 60 && Random.Chance(0.6);
        double drift = grows
            ? Math.Log(1 + AnnualGrowth()) / Rate.StepsPerYear
            : Random.Normal(0, Random.LogUniform(0.03, 0.8)) / Length;
        double most = (Rate.IsBusiness ? MostBusinessGrowth : MostGrowth) / Length;
        return Math.Clamp(drift, -most / 2, most);
    }

    /// <summary>Draws the standard deviation of the steps by which a logarithm wanders: 1.5 % to 30 % in a year of business, otherwise by
    /// the length of the series.</summary>
    public double Wander() => Rate.IsBusiness
        ? Math.Min(Random.LogUniform(0.015, 0.3) / Math.Sqrt(Rate.StepsPerYear), 1.5 / Math.Sqrt(Length))
        : Random.LogUniform(0.05, 1) / Math.Sqrt(Length);

    /// <summary>The change points of a trend per step: one in 2 to 20 years of business, otherwise up to 6 in a series.</summary>
    public double ChangeRate() =>
        Rate.IsBusiness ? 1 / (Random.LogUniform(2, 20) * Rate.StepsPerYear) : Random.Uniform(1, 6) / Length;

    private double AnnualGrowth() => Math.Clamp(
        Random.Weighted(0.05, 0.37, 0.35, 0.23) switch
        {
            0 => 0,
            1 => Random.Normal(0.05, 0.04),
            2 => Random.Normal(0.1, 0.06),
            _ => Random.Uniform(-0.06, 0.3),
        },
        -0.15, 0.35);
}
