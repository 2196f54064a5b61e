using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Core.Tests.Forecasting;

public sealed class SeasonDetectionTests
{
    private readonly Random _random = new(7);

    [Theory]
    [InlineData(60)]
    [InlineData(120)]
    [InlineData(5000)]
    public void A_season_is_found_beside_noise_and_a_trend(int length)
    {
        Assert.Equal([12], Detect(length, t => (0.3 * t) + (10 * Math.Sin(t * Math.PI / 6)) + Noise()));
    }

    [Theory]
    [InlineData(1e-305)]
    [InlineData(1e-170)]
    [InlineData(1e-90)]
    [InlineData(1e90)]
    [InlineData(1e170)]
    public void A_season_is_found_whatever_the_unit_is(double unit)
    {
        Assert.Equal([12], Detect(120, t => unit * ((0.3 * t) + (10 * Math.Sin(t * Math.PI / 6)) + Noise())));
    }

    [Fact]
    public void A_season_is_found_on_a_random_walk()
    {
        double level = 0;
        Assert.Equal([7], Detect(400, t => (level += 0.2 * Noise()) + (t % 7 >= 5 ? 3 : 0) + (0.5 * Noise())));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(4000)]
    public void A_day_and_a_week_are_found(int length)
    {
        Assert.Equal([24, 168], Detect(length, t => (2 * Math.Sin(t * Math.PI / 12)) + Math.Sin(t * Math.PI / 84) + (0.3 * Noise())));
    }

    [Fact]
    public void Seasons_may_grow_with_the_level()
    {
        Assert.Equal([12], Detect(144, t => Math.Exp(0.01 * t) * (10 + (3 * Math.Sin(t * Math.PI / 6)) + (0.3 * Noise()))));
    }

    [Fact]
    public void Missing_values_and_a_wrong_one_hide_no_season()
    {
        Assert.Equal([12], Detect(300, t => _random.NextDouble() < 0.3 ? double.NaN : Math.Sin(t * Math.PI / 6) + (0.3 * Noise())));
        Assert.Equal([12], Detect(120, t => t == 50 ? 500 : (3 * Math.Sin(t * Math.PI / 6)) + (0.3 * Noise())));
    }

    [Fact]
    public void A_value_every_other_step_and_one_spike_a_season_are_seasons()
    {
        Assert.Equal([2], Detect(40, t => t % 2));
        Assert.Equal([20], Detect(200, t => t % 20 == 3 ? 5 : 0));
    }

    [Theory]
    [InlineData(new double[] { 5, -3, 10, 0 }, 40, 0)]
    [InlineData(new double[] { 5, -3, 10, 0 }, 40, 0.5)]
    [InlineData(new double[] { 3, 9, 1, 7, 2, 8 }, 60, 0)]
    [InlineData(new double[] { 3, 9, 1, 7, 2, 8 }, 60, 0.5)]
    [InlineData(new double[] { 0, 4, 0, 4, 0, 4, 0, 6, 0, 4, 0, 4 }, 96, 0.2)]
    public void A_pattern_that_nearly_repeats_sooner_has_the_period_that_all_of_it_needs(double[] pattern, int length, double noise)
    {
        Assert.Equal([pattern.Length], Detect(length, t => 100 + (0.5 * t) + pattern[t % pattern.Length] + (noise * Noise())));
    }

    [Theory]
    [InlineData("white noise")]
    [InlineData("random walk")]
    [InlineData("smooth walk")]
    [InlineData("level and noise")]
    [InlineData("autoregression")]
    [InlineData("few sales")]
    [InlineData("heavy tails")]
    [InlineData("trend and noise")]
    public void What_has_no_season_shows_none_in_95_percent(string kind)
    {
        int found = 0, series = 0;
        foreach ((int length, int count) in ((int, int)[])[(20, 100), (50, 100), (200, 100), (1000, 20)])
        {
            for (int i = 0; i < count; i++, series++)
                found += SeriesOptions.DetectSeasons(WithoutSeason(kind, length)).Count > 0 ? 1 : 0;
        }

        Assert.InRange((double)found / series, 0, 0.05);
    }

    [Fact]
    public void What_is_smooth_constant_short_or_missing_has_no_season()
    {
        Assert.Empty(Detect(200, t => t));
        Assert.Empty(Detect(200, t => Math.Exp(t * 0.02)));
        Assert.Empty(Detect(200, t => 1 / (1 + Math.Exp(-0.1 * (t - 100)))));
        Assert.Empty(Detect(200, _ => 3));
        Assert.Empty(Detect(200, _ => double.NaN));
        Assert.Empty(Detect(30, t => Math.Sin(t * Math.PI / 6)));
        Assert.Empty(Detect(2, t => t));
        Assert.Empty(Detect(1, t => t));
        Assert.Empty(SeriesOptions.DetectSeasons([]));
    }

    [Theory]
    [InlineData("00:05:00", new[] { 288, 2016 })]
    [InlineData("00:15:00", new[] { 96, 672 })]
    [InlineData("00:30:00", new[] { 48, 336 })]
    [InlineData("01:00:00", new[] { 24, 168 })]
    [InlineData("12:00:00", new[] { 2, 14 })]
    [InlineData("1.00:00:00", new[] { 7 })]
    [InlineData("7.00:00:00", new[] { 52 })]
    [InlineData("30.00:00:00", new[] { 12 })]
    [InlineData("31.00:00:00", new[] { 12 })]
    [InlineData("91.00:00:00", new[] { 4 })]
    [InlineData("00:01:00", new[] { 1440 })]
    [InlineData("00:07:00", new int[0])]
    [InlineData("00:00:01", new int[0])]
    [InlineData("365.00:00:00", new int[0])]
    [InlineData("00:00:00", new int[0])]
    [InlineData("-1.00:00:00", new int[0])]
    public void The_time_of_a_step_gives_the_usual_seasons(string step, int[] seasons)
    {
        Assert.Equal(seasons, SeriesOptions.SeasonsOf(TimeSpan.Parse(step, System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static IReadOnlyList<int> Detect(int length, Func<int, double> value) =>
        SeriesOptions.DetectSeasons([.. Enumerable.Range(0, length).Select(value)]);

    private double[] WithoutSeason(string kind, int length)
    {
        double level = 0, slope = 0;
        return [.. Enumerable.Range(0, length).Select(t => kind switch
        {
            "white noise" => Noise(),
            "random walk" => level += Noise(),
            "smooth walk" => level += slope += Noise(),
            "level and noise" => (level += 0.3 * Noise()) + Noise(),
            "autoregression" => level = (0.9 * level) + Noise(),
            "few sales" => _random.NextDouble() < 0.1 ? _random.Next(1, 6) : 0,
            "heavy tails" => Math.Pow(Noise(), 3),
            "trend and noise" => (0.1 * t) + Noise(),
            _ => throw new ArgumentException(kind),
        })];
    }

    private double Noise() =>
        Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
