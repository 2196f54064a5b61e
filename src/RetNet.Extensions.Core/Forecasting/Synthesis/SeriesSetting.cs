namespace RetNet.Extensions.Core.Forecasting.Synthesis;

/// <summary>What the generators of one series have in common.</summary>
internal sealed record SeriesSetting(SeriesRandom Random, int Length, SamplingRate Rate)
{
    /// <summary>Most of the change of a logarithm over a whole series.</summary>
    private const double MostGrowth = 3.5;

    /// <summary>The nominal season; 1 where none is known or where hardly one fits into the series.</summary>
    public int Season => Rate.Season <= Length ? Rate.Season : 1;

    /// <summary>Draws the drift of a logarithm per step: business growth of −5 % to 30 % a year for rates down to weeks, otherwise
    /// some change over the whole series.</summary>
    public double Drift()
    {
        bool grows = Rate.IsBusiness ? Random.Chance(0.92) : Rate.StepsPerYear < 60 && Random.Chance(0.6);
        double drift = grows
            ? Math.Log(1 + AnnualGrowth()) / Rate.StepsPerYear
            : Random.Normal(0, Random.LogUniform(0.03, 0.8)) / Length;
        double most = MostGrowth / Length;
        return Math.Clamp(drift, -most / 2, most);
    }

    private double AnnualGrowth() => Math.Clamp(
        Random.Weighted(0.06, 0.38, 0.34, 0.22) switch
        {
            0 => 0,
            1 => Random.Normal(0.05, 0.04),
            2 => Random.Normal(0.1, 0.06),
            _ => Random.Uniform(-0.06, 0.3),
        },
        -0.15, 0.35);
}
