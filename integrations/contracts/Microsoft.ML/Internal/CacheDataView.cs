using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>A view that keeps the columns of another in memory, each from the first cursor that asks for it.</summary>
internal sealed class CacheDataView : IDataView
{
    private readonly IDataView _source;
    private readonly CachedColumn[] _columns;
    private int _rowCount = -1;

    public CacheDataView(IDataView source, IEnumerable<DataViewSchema.Column> prefetch)
    {
        _source = source;
        _columns = new CachedColumn[source.Schema.Count];
        if (prefetch.Any())
            Fill([.. prefetch]);
    }

    public bool CanShuffle => true;

    public DataViewSchema Schema => _source.Schema;

    public long? GetRowCount() => _rowCount >= 0 ? _rowCount : _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
        => Cursors(columnsNeeded, 1, rand)[0];

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
        => Cursors(columnsNeeded, n, rand);

    private DataViewRowCursor[] Cursors(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        Fill(needed);
        int[] order = [.. Enumerable.Range(0, _rowCount)];
        rand?.Shuffle(order);
        int count = Math.Clamp(n, 1, Math.Max(1, _rowCount));
        return [.. Enumerable.Range(0, count).Select(i => new Cursor(this, needed, order, (int)((long)_rowCount * i / count), (int)((long)_rowCount * (i + 1) / count)))];
    }

    private void Fill(DataViewSchema.Column[] needed)
    {
        lock (_columns)
        {
            DataViewSchema.Column[] missing = [.. needed.Where(column => _columns[column.Index] is null)];
            if (missing.Length == 0 && _rowCount >= 0)
                return;

            using DataViewRowCursor cursor = _source.GetRowCursor(missing);
            CachedColumn[] columns = [.. missing.Select(column =>
                (CachedColumn)Activator.CreateInstance(typeof(CachedColumn<>).MakeGenericType(column.Type.RawType), cursor, column))];
            int rows = 0;
            for (; cursor.MoveNext(); rows++)
            {
                foreach (CachedColumn column in columns)
                    column.Add();
            }

            for (int i = 0; i < missing.Length; i++)
                _columns[missing[i].Index] = columns[i];
            _rowCount = rows;
        }
    }

    private abstract class CachedColumn
    {
        public abstract void Add();

        public abstract Delegate CreateGetter(Func<int> row);
    }

    private sealed class CachedColumn<T>(DataViewRow row, DataViewSchema.Column column) : CachedColumn
    {
        private readonly List<T> _values = [];
        private readonly ValueGetter<T> _getter = row.GetGetter<T>(column);

        public override void Add()
        {
            T value = default;
            _getter(ref value);
            _values.Add(value);
        }

        public override Delegate CreateGetter(Func<int> row) => (ValueGetter<T>)((ref T value) =>
        {
            T cached = _values[row()];
            ValueCopier<T>.Copy(ref cached, ref value);
        });
    }

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly Delegate[] _getters;
        private readonly int[] _order;
        private readonly int _start;
        private readonly int _end;
        private int _row;

        public Cursor(CacheDataView view, DataViewSchema.Column[] needed, int[] order, int start, int end)
        {
            Schema = view.Schema;
            _order = order;
            _start = start;
            _end = end;
            _row = start - 1;
            _getters = new Delegate[Schema.Count];
            foreach (DataViewSchema.Column column in needed)
                _getters[column.Index] = view._columns[column.Index].CreateGetter(Current);
        }

        public override DataViewSchema Schema { get; }

        public override long Position => _row >= _start && _row < _end ? _row - _start : -1;

        public override long Batch => _start;

        public override bool IsColumnActive(DataViewSchema.Column column) => _getters[column.Index] is not null;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => RowErrors.Cast<TValue>(_getters[column.Index], column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)Current(), 0);

        public override bool MoveNext()
        {
            _row = Math.Min(_row + 1, _end);
            return _row < _end;
        }

        protected override void Dispose(bool disposing) => _row = _end;

        private int Current() => Position >= 0 ? _order[_row] : throw Contracts.Except(RowErrors.NoRow);
    }
}
