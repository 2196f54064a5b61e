using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Rows;
using RetNet.Extensions.ML.Series;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>The last row of each series with its forecast. A cursor reads all rows first, and all series are forecast together.</summary>
/// <param name="host">The transformer's host.</param>
/// <param name="source">The data.</param>
/// <param name="transformer">The stage.</param>
/// <param name="mapper">The stage, bound to the source's schema.</param>
/// <param name="columns">The added columns.</param>
/// <param name="forecast">Forecasts all series, in the order of their names.</param>
internal sealed class LastRowsView(
    IHost host, IDataView source, ITransformer transformer, SeriesMapper mapper, IReadOnlyList<OutputColumn<RowForecast>> columns,
    Func<SeriesRows, IReadOnlyList<RowForecast>> forecast)
    : StageView(host, source, transformer, SeriesDataView.MissingOperator)
{
    private readonly IHost _host = host;

    public override bool CanShuffle => false;

    public override DataViewSchema Schema => mapper.OutputSchema;

    protected override IEnumerable<string> AddedColumns => mapper.AddedNames;

    public override long? GetRowCount() => null;

    public override DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = mapper.Mark(columnsNeeded);
        SeriesRows rows = SeriesRows.Read(_host, Source, mapper.Columns);
        Lazy<IReadOnlyList<RowForecast>> forecasts = new(() => forecast(rows));
        Dictionary<long, int> series = rows.Names.Select((name, i) => (Position: rows.LastPosition(name), i))
            .ToDictionary(pair => pair.Position, pair => pair.i);
        DataViewRowCursor input = Source.GetRowCursor(mapper.Dependencies(active));
        int current = -1;
        return new SeriesCursor(
            mapper, input, active, output => columns[output].CreateGetter(() => forecasts.Value[current]),
            () => series.TryGetValue(input.Position, out current), series: null);
    }

    public override DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded)];
}
