using Microsoft.ML.Data;

namespace Microsoft.ML.Internal;

/// <summary>A view through a <see cref="RowMapper"/>: columns are computed when a cursor asks for them.</summary>
internal sealed class MappedDataView(IDataView source, RowMapper mapper) : IDataView
{
    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => mapper.OutputSchema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        bool[] active = mapper.GetActive(columnsNeeded);
        return new Cursor(source.GetRowCursor(Dependencies(active), rand), mapper, active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        bool[] active = mapper.GetActive(columnsNeeded);
        return [.. source.GetRowCursorSet(Dependencies(active), n, rand).Select(input => new Cursor(input, mapper, active))];
    }

    private IEnumerable<DataViewSchema.Column> Dependencies(bool[] active) => mapper.GetDependencies(Schema.Where(column => active[column.Index]));

    private sealed class Cursor(DataViewRowCursor input, RowMapper mapper, bool[] active) : DataViewRowCursor
    {
        private readonly RowMapper.MappedGetters _getters = new(mapper, input, active);

        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override DataViewSchema Schema => _getters.Schema;

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => _getters.IsActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _getters.GetGetter<TValue>(column);

        public override bool MoveNext() => input.MoveNext();

        protected override void Dispose(bool disposing) => input.Dispose();
    }
}
