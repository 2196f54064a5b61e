using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Rows;

/// <summary>A data view with the added columns. Nothing is read or scored before a cursor moves.</summary>
/// <param name="host">The transformer's host.</param>
/// <param name="source">The data to map.</param>
/// <param name="transformer">The transformer.</param>
/// <param name="mapper">The transformer, bound to the source's schema.</param>
/// <param name="batchSize">The number of rows that are scored together at most.</param>
/// <param name="missingOperator">What ONNX has no operator for.</param>
/// <param name="scoredAgain">Called when rows are about to be scored for the <see cref="ManyPasses"/>th time.</param>
internal sealed class MappedDataView(
    IHost host, IDataView source, ITransformer transformer, RowMapper mapper, int batchSize, string missingOperator, Action scoredAgain)
    : StageView(host, source, transformer, missingOperator)
{
    /// <summary>More passes than a program has reason to make that scores its rows, looks at some and evaluates them.</summary>
    public const int ManyPasses = 5;

    private int _passes;

    public override bool CanShuffle => Source.CanShuffle;

    public override DataViewSchema Schema => mapper.OutputSchema;

    protected override IEnumerable<string> AddedColumns => mapper.AddedNames;

    public override long? GetRowCount() => Source.GetRowCount();

    public override DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = Begin(columnsNeeded);
        return new MappedCursor(mapper, Source.GetRowCursor(mapper.Dependencies(active), rand), active, batchSize);
    }

    public override DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        bool[] active = Begin(columnsNeeded);
        DataViewRowCursor[] cursors = Source.GetRowCursorSet(mapper.Dependencies(active), n, rand);
        return [.. cursors.Select(cursor => new MappedCursor(mapper, cursor, active, batchSize))];
    }

    private bool[] Begin(IEnumerable<DataViewSchema.Column> columns)
    {
        bool[] active = mapper.Mark(columns);
        if (mapper.AddsAny(active) && Interlocked.Increment(ref _passes) >= ManyPasses && mapper.Forgets)
            scoredAgain();
        return active;
    }
}
