using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Core.Tests.Forecasting;

public sealed class ForecastingStateTests
{
    private static readonly SeriesOptions Hourly = new() { SeasonLengths = [168, 24] };

    private readonly Forecaster _forecaster = SmallForecasters.Shared;

    [Fact]
    public void Its_size_does_not_depend_on_the_length_of_the_series()
    {
        using ForecastingState state = _forecaster.CreateState(Hourly);
        state.Update(SmallForecasters.Series(33, 24));
        state.Forecast(48);
        long before = state.ByteSize;
        state.Update(SmallForecasters.Series(20_000, 24));
        state.Forecast(48);

        Assert.Equal(before, state.ByteSize);
        Assert.Equal(20_033, state.Count);
    }

    [Fact]
    public void Updates_and_forecasts_allocate_nothing()
    {
        using ForecastingState state = _forecaster.CreateState(Hourly);
        double[] series = SmallForecasters.Series(400, 24);
        double[] quantiles = new double[60 * 9];
        Use();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Use();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Use()
        {
            foreach (double value in series)
            {
                state.Update(value);
                state.Forecast(quantiles);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_fork_and_a_restored_state_go_on_alike_and_apart(int views)
    {
        double[] series = SmallForecasters.Series(333, 24);
        using ForecastingState state = _forecaster.CreateState(Hourly with { Views = views });
        state.Update(series);
        using MemoryStream saved = new();
        state.Save(saved);
        saved.Position = 0;
        using ForecastingState fork = state.Fork();
        using ForecastingState restored = _forecaster.RestoreState(saved);
        Assert.Equal(state.Forecast(50).Values, fork.Forecast(50).Values);
        Assert.Equal(state.Forecast(50).Values, restored.Forecast(50).Values);
        Assert.Equal([24, 168], restored.SeasonLengths);

        fork.Update(500);
        Assert.NotEqual(state.Forecast(50).Values.ToArray(), fork.Forecast(50).Values.ToArray());
        foreach (double value in series)
        {
            state.Update(value);
            restored.Update(value);
        }

        Assert.Equal(state.Forecast(50).Values, restored.Forecast(50).Values);
    }

    [Fact]
    public void A_damaged_or_foreign_state_is_refused()
    {
        using ForecastingState state = _forecaster.CreateState(Hourly);
        state.Update(SmallForecasters.Series(100, 24));
        using MemoryStream saved = new();
        state.Save(saved);
        byte[] bytes = saved.ToArray();

        foreach (int length in (int[])[0, 3, 100, bytes.Length / 2, bytes.Length - 1])
            Assert.Throws<InvalidDataException>(() => _forecaster.RestoreState(new MemoryStream(bytes[..length])));
        for (int place = 0; place < bytes.Length; place += 1997)
        {
            byte[] damaged = [.. bytes];
            damaged[place] ^= 0x40;
            Assert.Throws<InvalidDataException>(() => _forecaster.RestoreState(new MemoryStream(damaged)));
        }

        using Forecaster other = SmallForecasters.Create("llama");
        Assert.Throws<InvalidDataException>(() => other.RestoreState(new MemoryStream(bytes)));
    }

    [Fact]
    public void A_value_that_is_refused_is_not_added()
    {
        using ForecastingState state = _forecaster.CreateState();
        ArgumentException exception =
            Assert.Throws<ArgumentException>(() => state.Update([1, 2, double.NegativeInfinity]));

        Assert.Contains("step 2", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, state.Count);
        Assert.Throws<InvalidOperationException>(() => state.Forecast(1));
        state.Update(double.NaN);
        Assert.Throws<InvalidOperationException>(() => state.Forecast(1));
        state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => state.Update(1));
        Assert.Throws<ObjectDisposedException>(() => state.Forecast(1));
    }
}
