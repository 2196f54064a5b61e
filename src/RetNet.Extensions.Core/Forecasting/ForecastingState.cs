using RetNet.Extensions.Core.Forecasting.Series;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>All that a forecaster remembers of one series: it is told of observations, and forecasts at any moment.</summary>
/// <remarks>Its size does not depend on the number of observations. An observation costs at most one step of the decoder, a forecast one
/// step more, and neither allocates memory. One thread at a time may use it.</remarks>
public sealed class ForecastingState : IDisposable
{
    private readonly Forecaster _forecaster;
    private readonly SeriesView[] _views;
    private readonly double _weights;
    private readonly SequenceInput[] _sequences;
    private readonly ForecastWorkspace _w;

    internal ForecastingState(Forecaster forecaster, SeriesView[] views)
    {
        (_forecaster, _views) = (forecaster, views);
        _weights = views.Sum(view => view.Weight);
        _sequences = new SequenceInput[views.Length];
        _w = new ForecastWorkspace(forecaster.Configuration);
    }

    /// <summary>The number of steps so far, missing ones included.</summary>
    public long Count => Memory.Count;

    /// <summary>Bytes of memory.</summary>
    public long ByteSize => _views.Sum(view => view.ByteSize) + _w.ByteSize;

    /// <summary>The season lengths that are known of the series, in ascending order.</summary>
    public IReadOnlyList<int> SeasonLengths => [.. Memory.Seasons];

    /// <summary>The views of the series; the first one knows all seasons.</summary>
    internal ReadOnlySpan<SeriesView> Views => _views;

    private SeriesMemory Memory => _views[0].Memory;

    private PatchShape Shape => _forecaster.Configuration.Shape;

    /// <summary>Adds the value of the next step.</summary>
    /// <param name="value">The value; NaN if it is missing.</param>
    /// <exception cref="ArgumentException">The value is infinite or beyond ±1e100; nothing was added.</exception>
    /// <exception cref="ObjectDisposedException">The state or its forecaster was disposed.</exception>
    public void Update(double value) => Update(new ReadOnlySpan<double>(in value));

    /// <summary>Adds the values of the next steps.</summary>
    /// <param name="values">The values, the oldest first; NaN for a missing one.</param>
    /// <exception cref="ArgumentException">A value is infinite or beyond ±1e100; nothing was added.</exception>
    /// <exception cref="ObjectDisposedException">The state or its forecaster was disposed.</exception>
    public void Update(ReadOnlySpan<double> values)
    {
        ObjectDisposedException.ThrowIf(_views[0].Decoder.IsDisposed, this);
        for (int i = 0; i < values.Length; i++)
            Forecaster.CheckValue(values[i], Count + i);

        // The memory for many tokens is not kept.
        using ForecastWorkspace? large = values.Length > Shape.Stride ? new ForecastWorkspace(_forecaster.Configuration) : null;
        foreach (SeriesView view in _views)
            view.Update(values, large ?? _w);
    }

    /// <summary>Forecasts the next steps. What is remembered does not change.</summary>
    /// <param name="horizon">The number of steps, 1 to <see cref="Forecaster.MaximumHorizon"/>.</param>
    /// <returns>The forecast.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The horizon is out of range.</exception>
    /// <exception cref="InvalidOperationException">No value was observed yet.</exception>
    public SeriesForecast Forecast(int horizon)
    {
        Forecaster.CheckHorizon(horizon);
        double[] quantiles = new double[horizon * ForecasterConfiguration.Levels.Count];
        Forecast(quantiles);
        return new SeriesForecast(quantiles);
    }

    /// <summary>Forecasts the next steps, without allocating memory. What is remembered does not change.</summary>
    /// <param name="quantiles">Receives <c>[horizon × 9]</c> quantiles of the levels 0.1 to 0.9, ascending within a step; its length
    /// decides the horizon.</param>
    /// <exception cref="ArgumentException">The length is not that of 1 to <see cref="Forecaster.MaximumHorizon"/> steps.</exception>
    /// <exception cref="InvalidOperationException">No value was observed yet.</exception>
    public void Forecast(Span<double> quantiles)
    {
        int levels = ForecasterConfiguration.Levels.Count;
        if (quantiles.Length % levels != 0)
            throw new ArgumentException($"There is room for {quantiles.Length} quantiles; expected a multiple of {levels}.");
        int horizon = quantiles.Length / levels;
        Forecaster.CheckHorizon(horizon);
        ObjectDisposedException.ThrowIf(_views[0].Decoder.IsDisposed, this);
        if (Memory.Observed == 0)
        {
            throw new InvalidOperationException(
                $"The series has {Count} steps, of which none was observed; add a value before the first forecast.");
        }

        if (FillConstant(quantiles))
            return;
        int ahead = QuantileSteps.TokensAhead(Shape, horizon);
        _w.Reserve(_views.Length * (1 + ahead));
        int rows = 0, sequences = 0;
        foreach (SeriesView view in _views)
        {
            int written = view.WriteForecast(_w, rows, ahead, ref _sequences[sequences]);
            rows += written;
            sequences += written > 0 ? 1 : 0;
        }

        if (rows > 0)
        {
            _forecaster.Read(_w, _sequences.AsSpan(0, sequences), rows);
            _forecaster.Predict(_w, rows);
        }

        quantiles.Clear();
        rows = 0;
        foreach (SeriesView view in _views)
            rows += view.AddForecast(_w, rows, ahead, view.Weight / _weights, quantiles);
        QuantileSteps.Widen(quantiles, Memory.Observed);
    }

    /// <summary>Copies the state: both series go on from here independently.</summary>
    /// <returns>A new state, owned by the caller.</returns>
    public ForecastingState Fork() => new(_forecaster, Array.ConvertAll(_views, view => view.Fork()));

    /// <summary>Writes the state, with the fingerprint of its model and a checksum; <see cref="Forecaster.RestoreState"/> reads it
    /// back.</summary>
    /// <param name="stream">The target.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ForecastingStateFile.Write(_forecaster, this, stream);
    }

    /// <summary>Releases the memory.</summary>
    public void Dispose()
    {
        foreach (SeriesView view in _views)
            view.Dispose();
        _w.Dispose();
    }

    /// <summary>The forecast of what rows of a workspace predict, those of the views one after the other: the last token with an
    /// observation, and those ahead. Their tokens were written by the views.</summary>
    internal SeriesForecast ToForecast(ForecastWorkspace w, int row, int horizon)
    {
        double[] quantiles = new double[horizon * ForecasterConfiguration.Levels.Count];
        if (FillConstant(quantiles))
            return new SeriesForecast(quantiles);
        int ahead = QuantileSteps.TokensAhead(Shape, horizon);
        foreach (SeriesView view in _views)
        {
            view.AddWritten(w, row, ahead, view.Weight / _weights, quantiles);
            row += 1 + ahead;
        }

        QuantileSteps.Widen(quantiles, Memory.Observed);
        return new SeriesForecast(quantiles);
    }

    /// <summary>A series that never changed goes on like that.</summary>
    private bool FillConstant(Span<double> quantiles)
    {
        if (Memory.Smallest != Memory.Largest)
            return false;
        quantiles.Fill(Memory.Largest);
        return true;
    }
}
