using System.Collections.Concurrent;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.ML.Series;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>Is fed with observations, one at a time, and forecasts or judges them at any moment, as ML.NET's
/// <c>TimeSeriesPredictionEngine</c>.</summary>
/// <remarks>It goes on behind the rows that <c>Fit</c> has read; the transformer does not change. Safe for concurrent use: calls for one
/// series wait for each other, those for others do not. Of several stages that follow series, all check an observation before the first
/// adds it, unless a stage reads what an earlier one forecasts. The transformer must not be disposed before the engine.</remarks>
/// <typeparam name="TSrc">The type of an example.</typeparam>
/// <typeparam name="TDst">The type of an answer.</typeparam>
public sealed class RetNetTimeSeriesEngine<TSrc, TDst> : IDisposable
    where TSrc : class, new()
    where TDst : class, new()
{
    // Names of series in a message.
    private const int MostShown = 20;

    private readonly MLContext _context;
    private readonly IReadOnlyList<(ITransformer Transformer, LiveSeriesSet? Series)> _stages;
    private readonly Func<EngineRow<TSrc, TDst>> _createRow;
    private readonly ConcurrentBag<EngineRow<TSrc, TDst>> _rows = [];
    private readonly SchemaDefinition? _input;
    private bool _disposed;

    internal RetNetTimeSeriesEngine(
        MLContext context, ITransformer transformer, bool ignoreMissingColumns, SchemaDefinition? input, SchemaDefinition? output)
    {
        (_context, _input) = (context, input);
        _stages = [.. Flatten(transformer).Select(stage => (stage, SeriesOf(stage)))];
        if (_stages.All(stage => stage.Series is null))
        {
            throw new ArgumentException($"The transformer, {transformer.GetType().Name}, has no stage that follows series; expected "
                + "one of ForecastByRetNet or DetectAnomalyByRetNet.", nameof(transformer));
        }

        _createRow = () => new EngineRow<TSrc, TDst>(context, _stages, ignoreMissingColumns, input, output);
        _rows.Add(_createRow());
    }

    private IEnumerable<string> SeriesNames => _stages.Where(stage => stage.Series is not null).SelectMany(stage =>
        ((RetNetSeriesTransformer)stage.Transformer).SeriesNames.Concat(stage.Series!.Names)).Distinct();

    private string? GroupColumn => _stages.Select(stage => (stage.Transformer as RetNetSeriesTransformer)?.GroupColumnName)
        .FirstOrDefault(column => column is not null);

    /// <summary>Adds an observation to its series, and answers; or answers without one.</summary>
    /// <param name="example">The observation; null to forecast from what is known, where there is one series.</param>
    /// <param name="horizon">The number of steps to forecast; null for that of the transformer.</param>
    /// <param name="confidenceLevel">The confidence level of the bounds; null for that of the transformer.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The horizon or the confidence level is out of range.</exception>
    /// <exception cref="ArgumentException">The value is infinite or beyond ±1e100; nothing was added.</exception>
    /// <exception cref="InvalidOperationException">The observation's time does not follow that of the one before; nothing was added. Or
    /// there is no example, and a column that tells series apart.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public TDst Predict(TSrc? example = null, int? horizon = null, float? confidenceLevel = null)
    {
        if (example is null && GroupColumn is { } column)
        {
            throw new InvalidOperationException(
                $"There is no example, and series are told apart by column '{column}'; name one with {nameof(PredictSeries)}.");
        }

        Check(horizon, confidenceLevel);
        return Run(example, new EngineRequest(example is not null, true, null, horizon, confidenceLevel))!;
    }

    /// <summary>Forecasts a series from what is known of it.</summary>
    /// <param name="series">The value of the column that tells series apart, as a text; of a key column, the key's value.</param>
    /// <param name="horizon">The number of steps to forecast; null for that of the transformer.</param>
    /// <param name="confidenceLevel">The confidence level of the bounds; null for that of the transformer.</param>
    /// <returns>The answer; NaN where all values of the series are missing.</returns>
    /// <exception cref="ArgumentException">No series has this name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The horizon or the confidence level is out of range.</exception>
    /// <exception cref="InvalidOperationException">No column tells series apart.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public TDst PredictSeries(string series, int? horizon = null, float? confidenceLevel = null)
    {
        ArgumentNullException.ThrowIfNull(series);
        if (GroupColumn is not { } column)
        {
            throw new InvalidOperationException(
                $"No column tells series apart, so that none is called '{series}'; use {nameof(Predict)} without an example.");
        }

        if (!_stages.Any(stage => stage.Series?.Has(series) == true))
        {
            string[] some = [.. SeriesNames.Take(MostShown + 1)];
            string known = some.Length == 0 ? "is none yet" : $"are {string.Join(", ", some.Take(MostShown))}";
            throw new ArgumentException($"No series of column '{column}' is called '{series}'; there {known}"
                + $"{(some.Length > MostShown ? ", …" : "")}.", nameof(series));
        }

        Check(horizon, confidenceLevel);
        return Run(null, new EngineRequest(false, true, series, horizon, confidenceLevel))!;
    }

    /// <summary>Adds an observation to its series, without an answer.</summary>
    /// <param name="example">The observation.</param>
    /// <exception cref="ArgumentException">The value is infinite or beyond ±1e100; nothing was added.</exception>
    /// <exception cref="InvalidOperationException">The observation's time does not follow that of the one before; nothing was
    /// added.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public void Update(TSrc example)
    {
        ArgumentNullException.ThrowIfNull(example);
        Run(example, new EngineRequest(true, false, null, null, null));
    }

    /// <summary>Saves the pipeline with all that is known of the series by now, so that an engine of the loaded model goes on from
    /// here.</summary>
    /// <param name="context">The context that saves.</param>
    /// <param name="modelPath">The file; replaced as a whole when the new one is written.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void CheckPoint(MLContext context, string modelPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        string written = $"{modelPath}.{Guid.NewGuid():N}";
        try
        {
            using (FileStream file = File.Create(written))
                CheckPoint(context, file);
            File.Move(written, modelPath, overwrite: true);
        }
        finally
        {
            File.Delete(written);
        }
    }

    /// <summary>Saves the pipeline with all that is known of the series by now.</summary>
    /// <param name="context">The context that saves.</param>
    /// <param name="stream">Receives the model.</param>
    public void CheckPoint(MLContext context, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(stream);
        ObjectDisposedException.ThrowIf(_disposed, this);
        ITransformer[] now = [.. _stages.Select(stage => stage.Series is { } series
            ? ((RetNetSeriesTransformer)stage.Transformer).With(series.ToHistories())
            : stage.Transformer)];
        context.Model.Save(
            now is [ITransformer only] ? only : new TransformerChain<ITransformer>(now),
            context.Data.LoadFromEnumerable(Array.Empty<TSrc>(), _input).Schema, stream);
    }

    /// <summary>Releases the series.</summary>
    public void Dispose()
    {
        _disposed = true;
        while (_rows.TryTake(out EngineRow<TSrc, TDst>? row))
            row.Dispose();
        foreach ((_, LiveSeriesSet? series) in _stages)
            series?.Dispose();
    }

    private static IEnumerable<ITransformer> Flatten(ITransformer transformer) =>
        transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Flatten) : [transformer];

    private static LiveSeriesSet? SeriesOf(ITransformer stage) =>
        stage is RetNetSeriesTransformer transformer && !stage.IsRowToRowMapper
            ? transformer.Follow(continues: true)
            : null;

    private static void Check(int? horizon, float? confidenceLevel)
    {
        if (horizon is < 1 or > Forecaster.MaximumHorizon)
        {
            throw new ArgumentOutOfRangeException(
                nameof(horizon), horizon, $"Expected a horizon of 1 to {Forecaster.MaximumHorizon} steps.");
        }

        if (confidenceLevel is not (null or (>= 0 and < 1)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(confidenceLevel), confidenceLevel, "Expected a confidence level of at least 0 and below 1.");
        }
    }

    private TDst? Run(TSrc? example, EngineRequest request)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        EngineRow<TSrc, TDst> row = _rows.TryTake(out EngineRow<TSrc, TDst>? free) ? free : _createRow();
        bool completed = false;
        try
        {
            TDst? answer = row.Run(example, request);
            completed = true;
            return answer;
        }
        finally
        {
            // A cursor that has thrown may be anywhere.
            if (completed && !_disposed)
                _rows.Add(row);
            else
                row.Dispose();
        }
    }
}
