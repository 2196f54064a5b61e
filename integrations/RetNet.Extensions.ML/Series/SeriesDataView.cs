using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Series;

/// <summary>A data view of series with the added columns. Each cursor reads the rows in their order, from the first one on.</summary>
/// <param name="host">The transformer's host.</param>
/// <param name="source">The data.</param>
/// <param name="transformer">The stage.</param>
/// <param name="mapper">The stage, bound to the source's schema.</param>
/// <param name="follow">Makes the series of a cursor.</param>
internal sealed class SeriesDataView(
    IHost host, IDataView source, ITransformer transformer, SeriesMapper mapper, Func<LiveSeriesSet> follow)
    : StageView(host, source, transformer, MissingOperator)
{
    /// <summary>What ONNX has no operator for.</summary>
    public const string MissingOperator = "a series that is followed from row to row";

    private readonly IHost _host = host;

    public override bool CanShuffle => false;

    public override DataViewSchema Schema => mapper.OutputSchema;

    protected override IEnumerable<string> AddedColumns => mapper.AddedNames;

    public override long? GetRowCount() => Source.GetRowCount();

    public override DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = mapper.Mark(columnsNeeded);
        DataViewRowCursor input = Source.GetRowCursor(mapper.Dependencies(active));
        SeriesStep step = mapper.CreateStep();
        LiveSeriesSet series = follow();
        return new SeriesCursor(
            mapper, input, active, step.CreateGetter, mapper.AddsAny(active) ? Advance(input, step, series) : () => true, series);
    }

    public override DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded)];

    private Func<bool> Advance(DataViewRowCursor input, SeriesStep step, LiveSeriesSet series)
    {
        Func<string> group = mapper.Columns.GroupReader(input);
        Func<double> value = mapper.Columns.ValueReader(input);
        Func<SeriesTime>? time = mapper.Columns.TimeReader(input);
        return () =>
        {
            _host.CheckAlive();
            series.Use(group(), live => step.Observe(live, value(), time?.Invoke() ?? default));
            return true;
        };
    }
}
