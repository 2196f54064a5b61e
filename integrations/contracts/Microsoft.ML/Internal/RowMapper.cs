using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>The rows of an input schema with columns added to them, kept as they are or left out.</summary>
internal sealed class RowMapper : IRowToRowMapper
{
    private readonly RowMapping _mapping;

    // For each output column its input column, or −1 − i for the i-th added one.
    private readonly int[] _sources;

    /// <summary>All input columns and those of the mapping: one that hides an input column directly after it, the others at the end.</summary>
    public RowMapper(DataViewSchema input, RowMapping mapping)
    {
        InputSchema = input;
        _mapping = mapping;
        int[] added = [.. Enumerable.Range(0, mapping.Columns.Count)];
        ILookup<int, int> hiding = added.ToLookup(i => input.GetColumnOrNull(mapping.Columns[i].Name)?.Index ?? -1, i => -1 - i);
        _sources = [.. Enumerable.Range(0, input.Count).SelectMany(index => hiding[index].Prepend(index)), .. hiding[-1]];
        DataViewSchema.Builder builder = new();
        builder.AddColumns(_sources.Select(source => source >= 0 ? new DataViewSchema.DetachedColumn(input[source]) : mapping.Columns[-1 - source]));
        OutputSchema = builder.ToSchema();
    }

    /// <summary>Some of the input columns.</summary>
    public RowMapper(DataViewSchema input, int[] kept)
    {
        InputSchema = input;
        _mapping = new ColumnMapping();
        DataViewSchema.Builder builder = new();
        builder.AddColumns(kept.Select(index => input[index]));
        OutputSchema = builder.ToSchema();
        _sources = kept;
    }

    public DataViewSchema InputSchema { get; }

    public DataViewSchema OutputSchema { get; }

    public bool[] GetActive(IEnumerable<DataViewSchema.Column> columns)
    {
        bool[] active = new bool[OutputSchema.Count];
        foreach (DataViewSchema.Column column in columns)
            active[column.Index] = true;
        return active;
    }

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
    {
        bool[] needed = new bool[InputSchema.Count];
        bool[] active = GetActive(dependingColumns);
        for (int i = 0; i < active.Length; i++)
        {
            if (!active[i])
                continue;
            if (_sources[i] >= 0)
                needed[_sources[i]] = true;
            else
                foreach (DataViewSchema.Column source in _mapping.GetDependencies(-1 - _sources[i]))
                    needed[source.Index] = true;
        }

        return InputSchema.Where(column => needed[column.Index]);
    }

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        Contracts.CheckValue(input, nameof(input));
        Contracts.CheckValue(activeColumns, nameof(activeColumns));
        Contracts.Check(input.Schema == InputSchema, "Schema of input row must be the same as the schema the mapper is bound to");
        return new MappedRow(input, new MappedGetters(this, input, GetActive(activeColumns)));
    }

    /// <summary>The columns of one row or cursor.</summary>
    internal sealed class MappedGetters
    {
        private readonly RowMapper _mapper;
        private readonly DataViewRow _input;
        private readonly bool[] _active;
        private readonly Delegate[] _added;

        public MappedGetters(RowMapper mapper, DataViewRow input, bool[] active)
        {
            _mapper = mapper;
            _input = input;
            _active = active;
            bool[] addedActive = new bool[mapper._mapping.Columns.Count];
            for (int i = 0; i < active.Length; i++)
            {
                if (active[i] && mapper._sources[i] < 0)
                    addedActive[-1 - mapper._sources[i]] = true;
            }

            _added = mapper._mapping.CreateGetters(input, addedActive);
        }

        public DataViewSchema Schema => _mapper.OutputSchema;

        public bool IsActive(DataViewSchema.Column column) => _active[column.Index];

        public ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Contracts.CheckParam(IsActive(column), nameof(column), "requested column not active.");
            int source = _mapper._sources[column.Index];
            return source >= 0 ? _input.GetGetter<TValue>(_input.Schema[source]) : RowErrors.Cast<TValue>(_added[-1 - source], column);
        }
    }

    private sealed class MappedRow(DataViewRow input, MappedGetters getters) : DataViewRow
    {
        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override DataViewSchema Schema => getters.Schema;

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => getters.IsActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => getters.GetGetter<TValue>(column);

        protected override void Dispose(bool disposing) => input.Dispose();
    }
}
