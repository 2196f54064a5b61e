using RetNet.Extensions.Core.Forecasting.Synthesis;

namespace RetNet.Extensions.Core.Tests.Forecasting.Synthesis;

/// <summary>What the name of a family promises holds for the typical series of it.</summary>
public sealed class FamilyTests
{
    private const int Length = 480;

    private static readonly ILookup<string, GeneratedSeries> Pool =
        Enumerable.Range(0, 6000).Select(index => new SyntheticSeries(11).Generate(index, Length)).ToLookup(series => series.Family);

    private static readonly GeneratedSeries[] Monthly = [.. Enumerable.Range(0, 4000)
        .Select(index => new SyntheticSeries(12).Generate(index, 84)).Where(series => series.Seasons is [12])];

    [Fact]
    public void Every_family_occurs()
    {
        Assert.Equal(SyntheticSeries.FamilyNames.Order(), Pool.Select(group => group.Key).Order());
        Assert.All(Pool, group => Assert.True(group.Count() > 30, $"{group.Key}: {group.Count()}"));
    }

    [Fact]
    public void Half_of_the_monthly_series_and_more_are_smoothing_models_and_their_kin() => Assert.InRange(
        Monthly.Count(series => series.Family is "smoothing" or "structural" or "sarima" or "walk") / (double)Monthly.Length, 0.5, 0.85);

    [Fact]
    public void Monthly_business_series_are_positive_and_grow_by_some_percent_a_year()
    {
        double[][] business = [.. Monthly.Where(series => series.Family is "smoothing" or "structural").Select(Observed)];
        double[][] positive = [.. business.Where(values => values.Min() > 0)];

        Assert.True(positive.Length > 0.8 * business.Length);
        double[] growth = [.. positive.Select(values => Math.Log(values[^12..].Average() / values[..12].Average()) / 6).Order()];
        Assert.InRange(growth[growth.Length / 2], 0.01, 0.1);
        Assert.InRange(growth[growth.Length / 20], -0.2, 0);
        Assert.InRange(growth[^(growth.Length / 20)], 0.1, 0.5);
    }

    [Fact]
    public void Cycles_within_cycles_come_again() => AssertTypical(
        Pool["profile"].Where(series => series.Seasons is [24, ..]), series => Correlation(Observed(series), 24), 0.4, 1);

    [Fact]
    public void Seasonal_processes_have_correlated_seasons() => AssertTypical(
        Monthly.Where(series => series.Family == "sarima"), series => Correlation(Differences(Observed(series)), 12), 0.2, 1);

    [Fact]
    public void Walks_stay_near_where_they_are() =>
        AssertTypical(Pool["walk"], series => Correlation(Observed(series), 1), 0.9, 1.01);

    [Fact]
    public void Stationary_processes_keep_their_mean() => AssertTypical(
        Pool["arma"],
        series =>
        {
            double[] values = Observed(series);
            int half = values.Length / 2;
            return Math.Abs(values[..half].Average() - values[half..].Average()) / Deviation(values);
        },
        0, 0.6);

    [Fact]
    public void Kernels_make_paths_that_are_smoother_than_noise() => AssertTypical(
        Pool["kernel"], series => Deviation(Differences(Observed(series))) / Deviation(Observed(series)), 0, 1);

    [Fact]
    public void Counts_are_integers_from_zero() =>
        Assert.All(Pool["counts"].SelectMany(Observed), value => Assert.True(value >= 0 && double.IsInteger(value)));

    [Fact]
    public void Intermittent_demand_is_zero_most_of_the_time()
    {
        Assert.All(Pool["intermittent"].SelectMany(Observed), value => Assert.True(value >= 0 && double.IsInteger(value)));
        AssertTypical(Pool["intermittent"], series => Observed(series).Average(value => value == 0 ? 1 : 0), 0.5, 0.95);
    }

    [Fact]
    public void Bounded_series_are_shares_or_percentages() =>
        Assert.All(Pool["bounded"].SelectMany(Observed), value => Assert.InRange(value, 0, 100));

    [Fact]
    public void Regimes_differ_in_level() => AssertTypical(
        Pool["regime"],
        series => Deviation([.. Observed(series).Chunk(20).Select(part => part.Average())]) / Deviation(Observed(series)), 0.4, 1);

    [Fact]
    public void Chaos_follows_from_its_last_values_beyond_what_is_linear() => AssertTypical(
        Pool["chaos"], series => NeighbourError(Observed(series)), 0, 0.6);

    [Fact]
    public void Disturbed_series_have_exceptional_changes_twice_as_often_as_others() => Assert.True(
        Pool["disturbed"].Average(series => Kurtosis(series) > 15 ? 1 : 0)
            > 2 * Pool["structural"].Average(series => Kurtosis(series) > 15 ? 1 : 0));

    [Fact]
    public void Waveforms_have_shapes_and_little_noise() => AssertTypical(
        Pool["waveform"], series => NeighbourError(Observed(series)), 0, 0.5);

    private static double[] Observed(GeneratedSeries series) => [.. series.Values.Where(value => !double.IsNaN(value))];

    private static double[] Differences(double[] values) => [.. values.Zip(values.Skip(1), (before, after) => after - before)];

    private static double Deviation(double[] values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }

    private static double Correlation(double[] values, int lag)
    {
        double mean = values.Average();
        double shared = values.Zip(values.Skip(lag), (before, after) => (before - mean) * (after - mean)).Sum();
        return shared / values.Sum(value => (value - mean) * (value - mean));
    }

    private static double Kurtosis(GeneratedSeries series)
    {
        double[] changes = Differences(Observed(series));
        double mean = changes.Average();
        double deviation = Deviation(changes);
        return changes.Average(value => Math.Pow((value - mean) / deviation, 4));
    }

    /// <summary>The error of the forecast "as it went on where the last two values were most like these", over the deviation.</summary>
    private static double NeighbourError(double[] values)
    {
        double sum = 0;
        int count = 0;
        for (int t = values.Length / 2; t < values.Length - 1; t++)
        {
            int nearest = Enumerable.Range(1, t - 2).MinBy(
                s => Math.Abs(values[s] - values[t]) + Math.Abs(values[s - 1] - values[t - 1]));
            sum += Math.Abs(values[t + 1] - values[nearest + 1]);
            count++;
        }

        return sum / count / Deviation(values);
    }

    private static double Typical(IEnumerable<GeneratedSeries> series, Func<GeneratedSeries, double> measure)
    {
        double[] measured = [.. series.Where(each => Observed(each).Distinct().Count() > 1).Select(measure).Order()];
        return measured[measured.Length / 2];
    }

    private static void AssertTypical(
        IEnumerable<GeneratedSeries> series, Func<GeneratedSeries, double> measure, double least, double most) =>
        Assert.InRange(Typical(series, measure), least, most);
}
