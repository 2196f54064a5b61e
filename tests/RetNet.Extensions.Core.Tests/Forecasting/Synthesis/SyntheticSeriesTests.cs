using FsCheck.Xunit;
using RetNet.Extensions.Core.Forecasting.Synthesis;

namespace RetNet.Extensions.Core.Tests.Forecasting.Synthesis;

public sealed class SyntheticSeriesTests
{
    [Property(MaxTest = 300)]
    public void A_series_is_a_function_of_seed_index_and_length(int seed, long index, ushort any)
    {
        int length = 3 + (any % 1500);
        SyntheticSeries generator = new(seed);
        GeneratedSeries series = generator.Generate(index, length);
        generator.Generate(index + 1, 50);

        GeneratedSeries again = generator.Generate(index, length);
        GeneratedSeries elsewhere = new SyntheticSeries(seed).Generate(index, length);
        Assert.Equal(series.Values, again.Values);
        Assert.Equal(series.Values, elsewhere.Values);
        Assert.Equal(series.Seasons, again.Seasons);
        Assert.Equal(series.Family, again.Family);
    }

    [Fact]
    public void Threads_share_a_generator()
    {
        SyntheticSeries generator = new(5);
        GeneratedSeries[] alone = [.. Enumerable.Range(0, 200).Select(index => generator.Generate(index, 100))];
        GeneratedSeries[] together = [.. Enumerable.Range(0, 200).AsParallel().AsOrdered().Select(index => generator.Generate(index, 100))];

        Assert.Equal(alone.Select(series => series.Values), together.Select(series => series.Values));
    }

    [Property(MaxTest = 1000)]
    public void Values_are_finite_or_missing_and_seasons_are_what_a_forecaster_takes(int seed, int index, ushort any)
    {
        int length = 3 + (any % 1500);
        GeneratedSeries series = new SyntheticSeries(seed).Generate(index, length);

        Assert.Equal(length, series.Values.Length);
        double[] observed = [.. series.Values.Where(value => !double.IsNaN(value))];
        Assert.True(observed.Length >= Math.Max(3, 0.7 * length), $"{observed.Length} of {length} values are observed.");
        Assert.All(observed, value => Assert.InRange(value, -1e15, 1e15));
        Assert.InRange(series.Seasons.Length, 0, 2);
        Assert.All(series.Seasons, season => Assert.InRange(season, 2, 2048));
        Assert.Equal(series.Seasons.Order().Distinct(), series.Seasons);
    }

    [Fact]
    public void Another_seed_index_or_length_gives_another_series()
    {
        double[] values = new SyntheticSeries(1).Generate(1, 100).Values;

        Assert.NotEqual(values, new SyntheticSeries(2).Generate(1, 100).Values);
        Assert.NotEqual(values, new SyntheticSeries(1).Generate(2, 100).Values);
        Assert.NotEqual(values, new SyntheticSeries(1).Generate(1, 101).Values[..100]);
    }

    /// <summary>The shipped weights were trained on these series.</summary>
    [Theory]
    [InlineData(0, "waveform", 52.2)]
    [InlineData(1, "structural", 9.546094597228697)]
    [InlineData(2, "sarima", 97.56)]
    [InlineData(3, "walk", 10.300707118126024)]
    [InlineData(4, "structural", 0.8471713279640677)]
    [InlineData(5, "regime", 692.1168627307624)]
    [InlineData(6, "smoothing", 33.46685322492063)]
    [InlineData(7, "bounded", 76.07728629366602)]
    public void The_series_of_a_seed_stay_what_they_are(int index, string family, double mean)
    {
        GeneratedSeries series = new SyntheticSeries(1).Generate(index, 100);

        Assert.Equal(family, series.Family);
        Assert.Equal(1, series.Values.Where(double.IsFinite).Average() / mean, 1e-6);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_series_without_three_values_is_refused(int length) =>
        Assert.Throws<ArgumentOutOfRangeException>("length", () => new SyntheticSeries(1).Generate(0, length));

    [Fact]
    public void Ten_percent_of_the_series_lack_values()
    {
        int lacking = Enumerable.Range(0, 3000).Count(index => new SyntheticSeries(3).Generate(index, 60).Values.Any(double.IsNaN));

        Assert.InRange(lacking / 3000.0, 0.08, 0.12);
    }

    [Fact]
    public void Magnitudes_span_many_powers_of_ten_and_some_series_are_integers()
    {
        double[][] all = [.. Enumerable.Range(0, 3000).Select(index => new SyntheticSeries(4).Generate(index, 60).Values
            .Where(double.IsFinite).ToArray())];
        double[] sizes = [.. all.Select(values => values.Average(Math.Abs)).Order()];

        Assert.True(sizes[30] < 0.5, $"1 % of the sizes are below {sizes[30]}.");
        Assert.True(sizes[^30] > 1e5, $"1 % of the sizes are above {sizes[^30]}.");
        Assert.InRange(all.Count(values => Array.TrueForAll(values, double.IsInteger)) / 3000.0, 0.25, 0.65);
    }
}
