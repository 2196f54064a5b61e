using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Series;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>Takes one example after the other through the stages of a pipeline. One thread at a time may use it; the series belong to the
/// engine.</summary>
internal sealed class EngineRow<TSrc, TDst> : IDisposable
    where TSrc : class, new()
    where TDst : class, new()
{
    private readonly DataViewRowCursor _cursor;
    private readonly IEnumerator<TDst> _answers;
    private readonly bool _hasManySeries;
    private TSrc _example = new();
    private EngineRequest _request;

    /// <param name="context">Converts examples and answers.</param>
    /// <param name="stages">The transformers; for those that follow series, their series.</param>
    /// <param name="ignoreMissingColumns">Whether the answer may have members without a column.</param>
    /// <param name="input">Names the columns of the example; null for its members' names.</param>
    /// <param name="output">Names the columns of the answer; null for its members' names.</param>
    public EngineRow(
        MLContext context, IReadOnlyList<(ITransformer Transformer, LiveSeriesSet? Series)> stages, bool ignoreMissingColumns,
        SchemaDefinition? input, SchemaDefinition? output)
    {
        _hasManySeries = stages.Count(stage => stage.Series is not null) > 1;
        IDataView source = context.Data.LoadFromEnumerable(Examples(), input);
        _cursor = source.GetRowCursor(source.Schema);

        // The columns that are not known before a stage has read the example.
        bool[] late = new bool[_cursor.Schema.Count];
        foreach ((ITransformer transformer, LiveSeriesSet? series) in stages)
        {
            if (series is null)
            {
                IRowToRowMapper mapper = transformer.GetRowToRowMapper(_cursor.Schema);
                bool[] before = late;
                late = [.. mapper.OutputSchema.Select(column => mapper.GetDependencies([column]).Any(needed => before[needed.Index]))];
                _cursor = Map(mapper, _cursor);
            }
            else
            {
                SeriesCursor follower = Follow((RetNetSeriesTransformer)transformer, series, _cursor, late);
                late = [.. late, .. Enumerable.Repeat(true, follower.Schema.Count - late.Length)];
                _cursor = follower;
            }
        }

        _answers = context.Data.CreateEnumerable<TDst>(new CursorView(_cursor), reuseRowObject: false, ignoreMissingColumns, output)
            .GetEnumerator();
    }

    /// <summary>Answers a request.</summary>
    /// <param name="example">The example; null for the one before.</param>
    /// <param name="request">The request.</param>
    /// <returns>The answer; null where none is wanted.</returns>
    public TDst? Run(TSrc? example, EngineRequest request)
    {
        _example = example ?? _example;
        if (request.Observes && _hasManySeries)
        {
            // No stage may refuse what another one has added.
            _request = request with { Checks = true };
            _cursor.MoveNext();
        }

        _request = request;
        if (!request.Answers)
        {
            _cursor.MoveNext();
            return null;
        }

        _answers.MoveNext();
        return _answers.Current;
    }

    public void Dispose()
    {
        _answers.Dispose();
        _cursor.Dispose();
    }

    private static RowCursor Map(IRowToRowMapper mapper, DataViewRowCursor input) =>
        new(mapper.GetRow(input, mapper.OutputSchema), input.MoveNext);

    private SeriesCursor Follow(RetNetSeriesTransformer transformer, LiveSeriesSet series, DataViewRowCursor input, bool[] late)
    {
        SeriesMapper mapper = transformer.CreateMapper(input.Schema);
        SeriesStep step = mapper.CreateStep();
        Func<string> group = mapper.Columns.GroupReader(input);
        Func<double> value = mapper.Columns.ValueReader(input);
        Func<SeriesTime>? time = mapper.Columns.TimeReader(input);
        bool canCheck = !mapper.Columns.All.Any(column => late[column.Index]);
        return new SeriesCursor(mapper, input, mapper.Mark(mapper.OutputSchema), step.CreateGetter, Advance, series: null);

        bool Advance()
        {
            if (_request.Checks && !canCheck)
                return true;
            string name = transformer.GroupColumnName is null ? "" : _request.Series ?? group();
            if (_request.Checks)
            {
                series.Read(name, live => live.Check(value(), time?.Invoke() ?? default));
                return true;
            }

            (step.Horizon, step.ConfidenceLevel) = (_request.Horizon, _request.ConfidenceLevel);
            if (_request.Observes)
                series.Use(name, Take);
            else
                series.Read(name, Take);
            return true;
        }

        void Take(LiveSeries live)
        {
            if (_request.Observes)
                step.Observe(live, value(), time?.Invoke() ?? default);
            else
                step.Show(live);
            if (_request.Answers)
                step.Complete();
        }
    }

    private IEnumerable<TSrc> Examples()
    {
        while (true)
            yield return _example;
    }
}
