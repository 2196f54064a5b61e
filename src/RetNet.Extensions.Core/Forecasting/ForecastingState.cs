using RetNet.Extensions.Core.Forecasting.Series;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>All that a forecaster remembers of one series: it is told of observations, and forecasts at any moment.</summary>
/// <remarks>Its size does not depend on the number of observations. An observation costs at most one step of the decoder, a forecast one
/// step more, and neither allocates memory. One thread at a time may use it.</remarks>
public sealed class ForecastingState : IDisposable
{
    // Tokens of a long update that are computed together.
    private const int BlockTokens = 256;

    private readonly Forecaster _forecaster;
    private readonly SeriesMemory _memory;
    private readonly SequenceState _decoder;
    private readonly ForecastWorkspace _w;
    private readonly float[] _predicted;
    private SeriesMemory? _memoryAhead;
    private SequenceState? _decoderAhead;

    internal ForecastingState(Forecaster forecaster, SeriesMemory memory, SequenceState decoder)
    {
        (_forecaster, _memory, _decoder) = (forecaster, memory, decoder);
        _w = new ForecastWorkspace(forecaster.Configuration);
        _predicted = new float[forecaster.Configuration.Quantiles];
    }

    /// <summary>The number of steps so far, missing ones included.</summary>
    public long Count => _memory.Count;

    /// <summary>Bytes of memory.</summary>
    public long ByteSize => _decoder.ByteSize + (_decoderAhead?.ByteSize ?? 0) + _memory.ByteSize + (_memoryAhead?.ByteSize ?? 0)
        + _w.ByteSize + (sizeof(float) * _predicted.Length);

    /// <summary>The season lengths that are known of the series, in ascending order.</summary>
    public IReadOnlyList<int> SeasonLengths => [.. _memory.Seasons];

    internal SequenceState Decoder => _decoder;

    internal SeriesMemory Memory => _memory;

    internal Span<float> Predicted => _predicted;

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
        ObjectDisposedException.ThrowIf(_decoder.IsDisposed, this);
        for (int i = 0; i < values.Length; i++)
            Forecaster.CheckValue(values[i], Count + i);

        // The memory for many tokens is not kept.
        using ForecastWorkspace? large = values.Length > Shape.Stride ? new ForecastWorkspace(_forecaster.Configuration) : null;
        ForecastWorkspace w = large ?? _w;
        while (!values.IsEmpty)
        {
            int tokens = (int)Math.Min(BlockTokens, ((long)_memory.Pending + values.Length) / Shape.Stride);
            w.Reserve(Math.Max(1, tokens));
            int rows = 0;
            do
            {
                _memory.Add(values[0]);
                values = values[1..];
                if (_memory.Pending == Shape.Stride)
                    WriteToken(_memory, w, rows++);
            }
            while (!values.IsEmpty && (rows < tokens || tokens == 0));
            if (rows > 0)
                Read(w, rows);
        }
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
        ObjectDisposedException.ThrowIf(_decoder.IsDisposed, this);
        if (_memory.Observed == 0)
        {
            throw new InvalidOperationException(
                $"The series has {Count} steps, of which none was observed; add a value before the first forecast.");
        }

        if (FillConstant(_memory, quantiles))
            return;
        int ahead = QuantileSteps.TokensAhead(Shape, horizon);
        SeriesMemory memory = _memory;
        int known = _memory.Pending == 0 ? 1 : 0;
        if (known == 1)
            QuantileSteps.Write(Shape, memory.Scale, 0, _predicted, quantiles);
        if (known == 1 && ahead == 0)
            return;

        // The steps since the last token, and the tokens ahead, are read by copies.
        memory = _memoryAhead ??= new SeriesMemory(Shape, SeasonLengths);
        memory.CopyFrom(_memory);
        _decoder.CopyTo(ref _decoderAhead);
        int rows = 1 - known + ahead;
        _w.Reserve(rows);
        WriteAhead(memory, _w, 0, 1 - known, ahead);
        SequenceInput input = new(_decoderAhead!, rows);
        _forecaster.Read(_w, new ReadOnlySpan<SequenceInput>(in input), rows);
        _forecaster.Predict(_w, rows);
        for (int row = 0; row < rows; row++)
            QuantileSteps.Write(Shape, memory.Scale, known + row, _w.QuantilesOf(row), quantiles);
    }

    /// <summary>Copies the state: both series go on from here independently.</summary>
    /// <returns>A new state, owned by the caller.</returns>
    public ForecastingState Fork()
    {
        SeriesMemory memory = new(Shape, SeasonLengths);
        memory.CopyFrom(_memory);
        ForecastingState copy = new(_forecaster, memory, _decoder.Fork());
        _predicted.CopyTo(copy._predicted, 0);
        return copy;
    }

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
        _decoder.Dispose();
        _decoderAhead?.Dispose();
        _w.Dispose();
    }

    /// <summary>Adds the last steps of a series, and writes their tokens and those ahead, without reading them. The state is only good for
    /// <see cref="ToForecast"/> then.</summary>
    internal void WriteTokens(ForecastWorkspace w, int row, ReadOnlySpan<double> values, int ahead)
    {
        foreach (double value in values)
        {
            _memory.Add(value);
            if (_memory.Pending == Shape.Stride)
                WriteToken(_memory, w, row++);
        }

        WriteAhead(_memory, w, row, _memory.Pending > 0 ? 1 : 0, ahead);
    }

    /// <summary>The forecast of what rows of a workspace predict: the last token with an observation, and those ahead.</summary>
    internal SeriesForecast ToForecast(ForecastWorkspace w, int firstRow, int horizon)
    {
        double[] quantiles = new double[horizon * ForecasterConfiguration.Levels.Count];
        if (FillConstant(_memory, quantiles))
            return new SeriesForecast(quantiles);
        for (int token = 0; token <= QuantileSteps.TokensAhead(Shape, horizon); token++)
            QuantileSteps.Write(Shape, _memory.Scale, token, w.QuantilesOf(firstRow + token), quantiles);
        return new SeriesForecast(quantiles);
    }

    /// <summary>A series that never changed goes on like that.</summary>
    private static bool FillConstant(SeriesMemory memory, Span<double> quantiles)
    {
        if (memory.Smallest != memory.Largest)
            return false;
        quantiles.Fill(memory.Largest);
        return true;
    }

    private static void WriteToken(SeriesMemory memory, ForecastWorkspace w, int row) =>
        memory.WriteToken(w.FeaturesOf(row), w.NaiveOf(row));

    private void WriteAhead(SeriesMemory memory, ForecastWorkspace w, int row, int pending, int ahead)
    {
        if (pending > 0)
            WriteToken(memory, w, row++);
        for (int token = 0; token < ahead; token++)
        {
            for (int step = 0; step < Shape.Stride; step++)
                memory.Add(double.NaN);
            WriteToken(memory, w, row++);
        }
    }

    /// <summary>Reads the tokens of a workspace, and keeps what the last one predicts.</summary>
    private void Read(ForecastWorkspace w, int rows)
    {
        SequenceInput input = new(_decoder, rows);
        _forecaster.Read(w, new ReadOnlySpan<SequenceInput>(in input), rows);
        w.Move(rows - 1, 0);
        _forecaster.Predict(w, 1);
        w.QuantilesOf(0).CopyTo(_predicted);
    }
}
