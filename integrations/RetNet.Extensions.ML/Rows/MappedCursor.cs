using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Rows;

/// <summary>
/// A cursor that reads rows ahead, so that the model scores many at once, but only when an added column is requested. It reads few rows
/// ahead at first and more as it advances, so that a caller that needs three rows does not wait for thirty.
/// </summary>
internal sealed class MappedCursor : DataViewRowCursor
{
    private const int FirstBatch = 4;

    private readonly RowMapper _mapper;
    private readonly DataViewRowCursor _input;
    private readonly bool[] _active;
    private readonly int _capacity;
    private readonly ColumnBuffer?[] _buffers;
    private readonly ScoredRows? _rows;
    private readonly (long Position, long Batch, DataViewRowId Id)[] _places;
    private readonly ValueGetter<DataViewRowId> _id;
    private int _batch;
    private int _count;
    private int _current = -1;
    private bool _ended;

    public MappedCursor(RowMapper mapper, DataViewRowCursor input, bool[] active, int batchSize)
    {
        (_mapper, _input, _active) = (mapper, input, active);
        bool scores = mapper.AddsAny(active);
        _capacity = scores ? batchSize : 1;
        _batch = Math.Min(FirstBatch, _capacity);
        _rows = scores ? mapper.CreateCursorRows(input) : null;
        _buffers = [.. mapper.InputSchema.Select(column => active[column.Index] ? ColumnBuffer.Create(input, column, _capacity) : null)];
        _places = new (long, long, DataViewRowId)[_capacity];
        _id = input.GetIdGetter();
    }

    public override DataViewSchema Schema => _mapper.OutputSchema;

    public override long Position => _current < 0 ? -1 : _places[_current].Position;

    public override long Batch => _current < 0 ? _input.Batch : _places[_current].Batch;

    public override bool MoveNext()
    {
        if (_ended)
            return false;
        if (++_current == _count && !ReadAhead())
        {
            _ended = true;
            _current = -1;
            return false;
        }

        if (_rows is not null)
            _rows.Current = _current;
        return true;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _places[Slot()].Id;

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[_mapper.Index(column)];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        int index = _mapper.RequireActive(column, _active);
        if (!_mapper.IsAdded(index))
            return _mapper.Cast<TValue>(index, _buffers[index]!.CreateGetter(Slot));
        ValueGetter<TValue> getter = _mapper.Cast<TValue>(index, _rows!.CreateGetter(index - _mapper.InputSchema.Count));
        return (ref TValue value) =>
        {
            Slot();
            getter(ref value);
        };
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _input.Dispose();
        base.Dispose(disposing);
    }

    private int Slot() => _current >= 0
        ? _current
        : throw new InvalidOperationException("The cursor is not on a row; call MoveNext before reading a value.");

    /// <summary>Refills the buffers; false if the input has ended.</summary>
    private bool ReadAhead()
    {
        _rows?.Clear();
        (_current, _count) = (0, 0);
        while (_count < _batch && _input.MoveNext())
        {
            foreach (ColumnBuffer? buffer in _buffers)
                buffer?.Read(_count);
            _rows?.Add();
            ref (long Position, long Batch, DataViewRowId Id) place = ref _places[_count++];
            (place.Position, place.Batch) = (_input.Position, _input.Batch);
            _id(ref place.Id);
        }

        _batch = Math.Min(2 * _batch, _capacity);
        return _count > 0;
    }
}
