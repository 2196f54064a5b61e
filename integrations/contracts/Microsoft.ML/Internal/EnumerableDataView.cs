using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>Objects of a user's type as rows, read anew by every cursor.</summary>
internal sealed class EnumerableDataView<TRow> : IDataView
    where TRow : class
{
    private readonly IEnumerable<TRow> _data;
    private readonly TypedMember[] _members;

    public EnumerableDataView(IEnumerable<TRow> data, SchemaDefinition definition)
    {
        _data = data;
        _members = TypedMember.Create(typeof(TRow), definition, SchemaDefinition.Direction.Read);
        Schema = TypedMember.Schema(_members);
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => (_data as ICollection<TRow>)?.Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null) => new Cursor(this, columnsNeeded);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
        => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly IEnumerator<TRow> _rows;
        private readonly Delegate[] _getters;
        private TRow _current;
        private long _position = -1;
        private bool _disposed;

        public Cursor(EnumerableDataView<TRow> view, IEnumerable<DataViewSchema.Column> columnsNeeded)
        {
            Schema = view.Schema;
            _rows = view._data.GetEnumerator();
            _getters = new Delegate[Schema.Count];
            foreach (DataViewSchema.Column column in columnsNeeded)
                _getters[column.Index] = TypedGetters.Create(view._members[column.Index], Current);
        }

        public override DataViewSchema Schema { get; }

        public override long Position => _position;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => _getters[column.Index] is not null;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => RowErrors.Cast<TValue>(_getters[column.Index], column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) =>
        {
            Current();
            id = new DataViewRowId((ulong)_position, 0);
        };

        public override bool MoveNext()
        {
            if (_disposed)
                return false;
            if (!_rows.MoveNext())
            {
                Dispose();
                return false;
            }

            _current = _rows.Current ?? throw Contracts.Except("Encountered null when iterating over data, this is not supported.");
            _position++;
            return true;
        }

        protected override void Dispose(bool disposing)
        {
            _disposed = true;
            _current = null;
            _position = -1;
            _rows.Dispose();
        }

        private TRow Current() => _current ?? throw Contracts.Except(RowErrors.NoRow);
    }
}
