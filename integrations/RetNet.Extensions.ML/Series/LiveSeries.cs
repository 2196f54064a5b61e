using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.ML.Series;

/// <summary>A series that observations are added to, row after row. One thread at a time may use it.</summary>
/// <param name="place">What errors call it: column and series.</param>
/// <param name="state">What the forecaster remembers of it; owned from here on.</param>
/// <param name="clock">Places its rows on the steps; null where each row is the next one.</param>
/// <param name="values">All values that the state has read, by which the series can be saved; null to save it by its state.</param>
/// <param name="observed">The number of values so far that were not missing.</param>
internal sealed class LiveSeries(
    string place, ForecastingState state, SeriesClock? clock, List<double>? values, long observed) : IDisposable
{
    private static readonly double[] Missing = [.. Enumerable.Repeat(double.NaN, 256)];

    private List<double>? _values = values;

    /// <summary>The number of values so far that were not missing.</summary>
    public long Observed { get; private set; } = observed;

    /// <summary>Adds the value of a row.</summary>
    /// <param name="value">The value; NaN for a missing one.</param>
    /// <param name="time">Its time, where there is a clock. Steps since the row before that have no row are missing.</param>
    /// <exception cref="InvalidOperationException">The time does not follow that of the row before.</exception>
    /// <exception cref="ArgumentException">The value is infinite or too large; nothing was added.</exception>
    public void Add(double value, SeriesTime time)
    {
        MoveTo(value, time);
        AddNext(value);
    }

    /// <summary>Checks that a row may be added next; the series does not change.</summary>
    /// <exception cref="InvalidOperationException">As for <see cref="Add(double, SeriesTime)"/>.</exception>
    /// <exception cref="ArgumentException">As for <see cref="Add(double, SeriesTime)"/>.</exception>
    public void Check(double value, SeriesTime time)
    {
        SeriesValue.Require(value, place, state.Count);
        clock?.Check(time);
    }

    /// <summary>Forecasts the step of a row, and adds the row as <see cref="Add(double, SeriesTime)"/> does.</summary>
    /// <returns>The forecast of the row's value by the rows before it; null where no value was observed yet.</returns>
    /// <exception cref="InvalidOperationException">As for <see cref="Add(double, SeriesTime)"/>.</exception>
    /// <exception cref="ArgumentException">As for <see cref="Add(double, SeriesTime)"/>.</exception>
    public SeriesForecast? ForecastAndAdd(double value, SeriesTime time)
    {
        MoveTo(value, time);
        SeriesForecast? forecast = Forecast(1);
        AddNext(value);
        return forecast;
    }

    /// <summary>The forecast of the next steps; null where no value was observed yet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The horizon is out of range.</exception>
    public SeriesForecast? Forecast(int horizon) => Observed == 0 ? null : state.Forecast(horizon);

    /// <summary>What the series can be continued from.</summary>
    public SeriesHistory ToHistory()
    {
        using MemoryStream saved = new();
        if (_values is null)
            state.Save(saved);
        return new SeriesHistory(_values?.ToArray() ?? [], saved.ToArray(), Observed, [.. state.SeasonLengths], clock?.Place ?? default);
    }

    public void Dispose() => state.Dispose();

    /// <summary>Makes the step of a row the next one.</summary>
    private void MoveTo(double value, SeriesTime time)
    {
        SeriesValue.Require(value, place, state.Count);
        for (int gap = clock?.MoveTo(time) ?? 0; gap > 0; gap -= Missing.Length)
            Add(Missing.AsSpan(0, Math.Min(gap, Missing.Length)));
    }

    private void AddNext(double value)
    {
        Add(new ReadOnlySpan<double>(in value));
        Observed += double.IsNaN(value) ? 0 : 1;
    }

    private void Add(ReadOnlySpan<double> added)
    {
        state.Update(added);
        if (_values?.Count + added.Length > SeriesHistory.MostValues)
            _values = null;
        _values?.AddRange(added);
    }
}
