using Microsoft.ML;

namespace RetNet.Extensions.ML.Rows;

/// <summary>A data view with the added columns. Nothing is read or scored before a cursor moves.</summary>
/// <param name="source">The data to map.</param>
/// <param name="mapper">The transformer, bound to the source's schema.</param>
/// <param name="batchSize">The number of rows that are scored together at most.</param>
internal sealed class MappedDataView(IDataView source, TextRowMapper mapper, int batchSize) : IDataView
{
    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => mapper.OutputSchema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = mapper.Mark(columnsNeeded);
        return new MappedCursor(mapper, source.GetRowCursor(mapper.Dependencies(active), rand), active, batchSize);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        bool[] active = mapper.Mark(columnsNeeded);
        DataViewRowCursor[] cursors = source.GetRowCursorSet(mapper.Dependencies(active), n, rand);
        return [.. cursors.Select(cursor => new MappedCursor(mapper, cursor, active, batchSize))];
    }
}
