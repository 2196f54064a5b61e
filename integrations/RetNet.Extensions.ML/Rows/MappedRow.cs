using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Rows;

/// <summary>A row with the added columns, scored by itself when one of them is requested. A prediction engine uses it.</summary>
internal sealed class MappedRow : DataViewRow
{
    private readonly RowMapper _mapper;
    private readonly DataViewRow _input;
    private readonly bool[] _active;
    private readonly ScoredRows? _rows;
    private long _position = long.MinValue;

    public MappedRow(RowMapper mapper, DataViewRow input, bool[] active)
    {
        (_mapper, _input, _active) = (mapper, input, active);
        _rows = mapper.AddsAny(active) ? mapper.CreateRows(input) : null;
    }

    public override DataViewSchema Schema => _mapper.OutputSchema;

    public override long Position => _input.Position;

    public override long Batch => _input.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[_mapper.Index(column)];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        int index = _mapper.RequireActive(column, _active);
        if (!_mapper.IsAdded(index))
            return _input.GetGetter<TValue>(_input.Schema[index]);
        ValueGetter<TValue> getter = _mapper.Cast<TValue>(index, _rows!.CreateGetter(index - _mapper.InputSchema.Count));
        return (ref TValue value) =>
        {
            Refresh();
            getter(ref value);
        };
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _input.Dispose();
        base.Dispose(disposing);
    }

    // A prediction engine changes its row without notice: another position or other values mean another row.
    private void Refresh()
    {
        _rows!.Refresh(_position != _input.Position);
        _position = _input.Position;
    }
}
