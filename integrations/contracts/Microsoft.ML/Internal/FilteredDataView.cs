using Microsoft.ML.Data;

namespace Microsoft.ML.Internal;

/// <summary>Some rows of a view: those that a condition, made for each cursor, accepts. It returns null where no later row is wanted.</summary>
internal sealed class FilteredDataView(
    IDataView source, IEnumerable<DataViewSchema.Column> tested, Func<DataViewRow, Func<bool?>> createCondition, long? rowCount = null) : IDataView
{
    private readonly DataViewSchema.Column[] _tested = [.. tested];

    public bool CanShuffle => false;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => rowCount;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        DataViewRowCursor input = source.GetRowCursor(needed.UnionBy(_tested, column => column.Index));
        return new Cursor(input, needed, createCondition(input));
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
        => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(DataViewRowCursor input, DataViewSchema.Column[] needed, Func<bool?> accepts) : DataViewRowCursor
    {
        private long _position = -1;

        public override long Position => _position;

        public override long Batch => input.Batch;

        public override DataViewSchema Schema => input.Schema;

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => needed.Any(other => other.Index == column.Index);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => input.GetGetter<TValue>(column);

        public override bool MoveNext()
        {
            while (input.MoveNext())
            {
                switch (accepts())
                {
                    case true:
                        _position++;
                        return true;
                    case null:
                        Dispose();
                        return false;
                }
            }

            _position = -1;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            _position = -1;
            input.Dispose();
        }
    }
}
