using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Series;

/// <summary>A row that something else moves on, as a cursor.</summary>
/// <param name="row">The row.</param>
/// <param name="moveNext">Moves it on.</param>
internal sealed class RowCursor(DataViewRow row, Func<bool> moveNext) : DataViewRowCursor
{
    public override DataViewSchema Schema => row.Schema;

    public override long Position => row.Position;

    public override long Batch => row.Batch;

    public override bool MoveNext() => moveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => row.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => row.IsColumnActive(column);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => row.GetGetter<TValue>(column);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            row.Dispose();
        base.Dispose(disposing);
    }
}
