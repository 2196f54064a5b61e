using Microsoft.ML;

namespace RetNet.Extensions.ML.Series;

/// <summary>A cursor as a data view that can be read once.</summary>
internal sealed class CursorView(DataViewRowCursor cursor) : IDataView
{
    public bool CanShuffle => false;

    public DataViewSchema Schema => cursor.Schema;

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => cursor;

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [cursor];
}
