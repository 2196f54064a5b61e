using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Tests;

/// <summary>Counts the rows that cursors read, and notes the columns that they were asked for.</summary>
internal sealed class CountedView(IDataView source) : IDataView
{
    public int Rows { get; private set; }

    public List<string> Columns { get; } = [];

    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        Columns.AddRange(columnsNeeded.Select(column => column.Name));
        return new Cursor(this, source.GetRowCursor(columnsNeeded, rand));
    }

    /// <summary>Deals the rows out to several cursors, as a parallel source does.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [.. Enumerable.Range(0, n).Select(part => new Cursor(this, source.GetRowCursor(columnsNeeded, rand), part, n))];

    private sealed class Cursor(CountedView view, DataViewRowCursor input, int part = 0, int parts = 1) : DataViewRowCursor
    {
        public override long Position => input.Position;

        public override long Batch => input.Position;

        public override DataViewSchema Schema => input.Schema;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => input.GetGetter<TValue>(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => input.IsColumnActive(column);

        public override bool MoveNext()
        {
            while (input.MoveNext())
            {
                if (input.Position % parts != part)
                    continue;
                view.Rows++;
                return true;
            }

            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                input.Dispose();
            base.Dispose(disposing);
        }
    }
}
