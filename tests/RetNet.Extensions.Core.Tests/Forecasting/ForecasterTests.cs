using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Core.Tests.Forecasting;

public sealed class ForecasterTests
{
    private static readonly SeriesOptions Monthly = new() { SeasonLengths = [12] };

    private readonly Forecaster _forecaster = SmallForecasters.Shared;

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(100)]
    [InlineData(2500)]
    public void One_observation_after_the_other_gives_what_the_whole_series_gives(int length)
    {
        double[] series = SmallForecasters.Series(length, missing: length < 10 ? 0 : 0.1);
        using ForecastingState state = _forecaster.CreateState(Monthly);
        foreach (double value in series)
            state.Update(value);

        AssertClose(_forecaster.Forecast(series, 60, Monthly), state.Forecast(60), 1e-4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    public void Steps_give_what_the_whole_gives_in_any_number_of_views(int views)
    {
        SeriesOptions hourly = new() { SeasonLengths = [24, 168], Views = views };
        double[] series = SmallForecasters.Series(700, 24);
        using ForecastingState state = _forecaster.CreateState(hourly);
        for (int step = 0; step < series.Length; step++)
        {
            state.Update(series[step]);
            if (step % 97 != 60)
                continue;
            AssertClose(_forecaster.Forecast(series.AsSpan(0, step + 1), 45, hourly), state.Forecast(45), 1e-4);
            AssertClose(_forecaster.ForecastAll([new SeriesInput(series.AsMemory(0, step + 1), hourly)], 45)[0], state.Forecast(45), 1e-4);
        }
    }

    [Fact]
    public void A_forecast_is_the_mean_of_those_of_its_views()
    {
        double[] series = SmallForecasters.Series(100, 7);
        SeriesOptions two = new() { SeasonLengths = [7, 28], Views = 3 };
        SeriesForecast first = _forecaster.Forecast(series, 30, two with { Views = 1 });
        SeriesForecast second = Alone(1), third = Alone(2);
        SeriesForecast mean = _forecaster.Forecast(series, 30, two);

        // The third one knows only the longer season.
        Assert.NotEqual(first.Values.ToArray(), second.Values.ToArray());
        Assert.NotEqual(second.Values.ToArray(), third.Values.ToArray());
        for (int i = 0; i < mean.Values.Length; i++)
        {
            double expected = (0.4 * first.Values[i]) + (0.4 * second.Values[i]) + (0.2 * third.Values[i]);
            Assert.Equal(expected, mean.Values[i], 1e-4 * Math.Abs(expected));
        }

        SeriesForecast Alone(int view)
        {
            using ForecastingState all = _forecaster.CreateState(two);
            all.Update(series);
            using ForecastingState alone = new(_forecaster, [all.Views[view].Fork()]);
            return alone.Forecast(30);
        }
    }

    [Fact]
    public void A_forecast_changes_nothing()
    {
        double[] series = SmallForecasters.Series(101);
        using ForecastingState state = _forecaster.CreateState(Monthly);
        using ForecastingState undisturbed = _forecaster.CreateState(Monthly);
        foreach (double value in series)
        {
            state.Update(value);
            undisturbed.Update(value);
            if (!double.IsNaN(value))
                state.Forecast(30);
        }

        Assert.Equal(undisturbed.Forecast(30).Values, state.Forecast(30).Values);
    }

    [Fact]
    public void A_series_gets_the_same_bits_alone_and_among_others()
    {
        SeriesInput[] all = [.. Enumerable.Range(1, 40).Select(i => new SeriesInput(SmallForecasters.Series(7 * i, seed: i), Monthly))];
        IReadOnlyList<SeriesForecast> together = _forecaster.ForecastAll(all, 40);

        foreach (int i in (int[])[0, 17, 39])
            Assert.Equal(_forecaster.ForecastAll([all[i]], 40)[0].Values, together[i].Values);
    }

    [Fact]
    public void Many_series_at_once_give_what_each_gives_alone()
    {
        SeriesInput[] all = [.. ((int[])[3, 8, 97, 9000, 24])
            .Select((length, i) => new SeriesInput(SmallForecasters.Series(length, seed: i + 1, missing: 0)))];
        IReadOnlyList<SeriesForecast> together = _forecaster.ForecastAll(all, 33);

        for (int i = 0; i < all.Length; i++)
            AssertClose(_forecaster.Forecast(all[i].Values.Span, 33), together[i], 1e-4);
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(3, 1000)]
    [InlineData(100_000, 1)]
    [InlineData(100_000, 1000)]
    public void Short_and_long_series_have_near_and_far_forecasts(int length, int horizon)
    {
        double[] series = SmallForecasters.Series(length, missing: 0);
        using ForecastingState state = _forecaster.CreateState(Monthly);
        state.Update(series);

        SeriesForecast forecast = _forecaster.ForecastAll([new SeriesInput(series, Monthly)], horizon)[0];

        Assert.Equal(horizon, forecast.Horizon);
        Assert.All(forecast.Values.ToArray(), value => Assert.True(double.IsFinite(value)));
        AssertClose(state.Forecast(horizon), forecast, 1e-4);
    }

    [Fact]
    public void Series_in_other_units_are_forecast_in_these_units()
    {
        double[] series = [.. SmallForecasters.Series(75, missing: 0).Select(value => value + 0.125)];
        double[] larger = [.. series.Select(value => value * 4096)];

        ReadOnlySpan<double> expected = _forecaster.Forecast(series, 20, Monthly).Values;
        ReadOnlySpan<double> actual = _forecaster.Forecast(larger, 20, Monthly).Values;

        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i] * 4096, actual[i], 1e-6 * Math.Abs(actual[i]));
    }

    [Fact]
    public void Quantiles_ascend_and_the_median_is_one_of_them()
    {
        SeriesForecast forecast = _forecaster.Forecast(SmallForecasters.Series(50), 1000, Monthly);

        Assert.Equal(1000, forecast.Horizon);
        for (int step = 0; step < 1000; step++)
        {
            ReadOnlySpan<double> quantiles = forecast.Values.Slice(9 * step, 9);
            for (int i = 1; i < 9; i++)
                Assert.True(quantiles[i] >= quantiles[i - 1]);
            Assert.Equal(quantiles[4], forecast.Median[step]);
            Assert.Equal(quantiles[4], forecast.Quantile(step, 0.5), 1e-9);
            Assert.Equal((quantiles[1] + quantiles[2]) / 2, forecast.Quantile(step, 0.25), 1e-9 * Math.Abs(quantiles[2]));
            Assert.True(forecast.Quantile(step, 0.975) >= quantiles[8]);
        }
    }

    [Fact]
    public void Outer_quantiles_grow_as_those_of_a_normal_distribution()
    {
        double[] normal = [-1.2815515655446004, -0.8416212335729143, -0.5244005127080407, -0.2533471031357997, 0, 0.2533471031357997,
            0.5244005127080407, 0.8416212335729143, 1.2815515655446004];
        SeriesForecast forecast = new(normal);

        Assert.Equal(1.959963984540054, forecast.Quantile(0, 0.975), 1e-9);
        Assert.Equal(-2.3263478740408408, forecast.Quantile(0, 0.01), 1e-9);
        Assert.Throws<ArgumentOutOfRangeException>(() => forecast.Quantile(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => forecast.Quantile(1, 0.5));
    }

    [Fact]
    public void A_constant_series_goes_on()
    {
        foreach (double value in forecast([7.5, double.NaN, 7.5]).Values)
            Assert.Equal(7.5, value);
        foreach (double value in forecast([0]).Values)
            Assert.Equal(0, value);

        SeriesForecast forecast(double[] series) => _forecaster.Forecast(series, 30);
    }

    [Theory]
    [InlineData(1e90)]
    [InlineData(-1e90)]
    [InlineData(1e-300)]
    public void Extreme_magnitudes_stay_finite(double magnitude)
    {
        double[] series = [.. SmallForecasters.Series(40, missing: 0).Select(value => value * magnitude)];

        foreach (double value in _forecaster.Forecast(series, 30, Monthly).Values)
            Assert.True(double.IsFinite(value));
    }

    [Fact]
    public void Wrong_series_and_options_are_named()
    {
        double[] series = [1, 2, 3];
        AssertError("no values", () => _forecaster.Forecast([], 1));
        AssertError("all are missing", () => _forecaster.Forecast([double.NaN, double.NaN], 1));
        AssertError("The series: the value of step 1 is ", () => _forecaster.Forecast([1, double.PositiveInfinity], 1));
        AssertError("Series 1 has no values", () => _forecaster.ForecastAll([new SeriesInput(series), new SeriesInput(default)], 1));
        AssertError("Series 1: the value of step 0 is 1E+101; expected a number from -1E+100", () =>
            _forecaster.ForecastAll([new SeriesInput(series), new SeriesInput((double[])[1e101])], 1));
        AssertError("Series 1: SeasonLengths has a season of 1 steps", () => _forecaster.ForecastAll(
            [new SeriesInput(series), new SeriesInput(series, new SeriesOptions { SeasonLengths = [1] })], 1));
        AssertError("Series 0: Views is 9", () => _forecaster.ForecastAll([new SeriesInput(series, new SeriesOptions { Views = 9 })], 1));
        AssertError("horizon of 1 to 1000", () => _forecaster.Forecast(series, 0));
        AssertError("horizon of 1 to 1000", () => _forecaster.Forecast(series, 1001));
        AssertError("season of 1 steps", () => _forecaster.CreateState(new SeriesOptions { SeasonLengths = [1] }));
        AssertError("season of 4096 steps", () => _forecaster.CreateState(new SeriesOptions { SeasonLengths = [4096] }));
        AssertError("at most 2", () => _forecaster.CreateState(new SeriesOptions { SeasonLengths = [2, 3, 4] }));
        AssertError("Views is 0; expected 1 to 8", () => _forecaster.Forecast(series, 1, new SeriesOptions { Views = 0 }));
        AssertError("Views is 9; expected 1 to 8", () => _forecaster.CreateState(new SeriesOptions { Views = 9 }));
        AssertError("7 steps twice", () => _forecaster.CreateState(new SeriesOptions { SeasonLengths = [7, 7] }));
    }

    [Fact]
    public void A_transformer_under_tova_forecasts_with_a_bounded_state()
    {
        using Forecaster tova = SmallForecasters.Create("llama", new StateOptions { Policy = new Tova(16) });
        double[] series = SmallForecasters.Series(4000, missing: 0);
        using ForecastingState steps = tova.CreateState(Monthly);
        foreach (double value in series.AsSpan(0, 300))
            steps.Update(value);
        AssertClose(tova.Forecast(series.AsSpan(0, 300), 40, Monthly), steps.Forecast(40), 1e-4);
        AssertClose(tova.ForecastAll([new SeriesInput(series.AsMemory(0, 300), Monthly)], 40)[0], steps.Forecast(40), 1e-4);

        using ForecastingState state = tova.CreateState(Monthly);
        state.Update(series.AsSpan(0, 2000));
        state.Forecast(40);
        long before = state.Views[0].Decoder.ByteSize;
        state.Update(series.AsSpan(2000));

        Assert.Equal(before, state.Views[0].Decoder.ByteSize);
        foreach (double value in state.Forecast(40).Values)
            Assert.True(double.IsFinite(value));
    }

    private static void AssertError(string part, Action action)
    {
        ArgumentException exception = Assert.ThrowsAny<ArgumentException>(action);
        Assert.Contains(part, exception.Message, StringComparison.Ordinal);
    }

    // The forms of retention round differently.
    private static void AssertClose(SeriesForecast expected, SeriesForecast actual, double tolerance)
    {
        double spread = Math.Max(1, expected.Values.ToArray().Max() - expected.Values.ToArray().Min());
        for (int i = 0; i < expected.Values.Length; i++)
            Assert.Equal(expected.Values[i], actual.Values[i], tolerance * spread);
    }
}
