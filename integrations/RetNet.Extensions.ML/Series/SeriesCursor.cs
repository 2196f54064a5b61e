using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Series;

/// <summary>A cursor that reads series as it moves. It counts the rows that it shows.</summary>
/// <param name="mapper">The stage.</param>
/// <param name="input">The cursor of the input; owned from here on.</param>
/// <param name="active">The columns that may be read.</param>
/// <param name="createGetter">A <c>ValueGetter</c> for an added column, by its number.</param>
/// <param name="advance">Reads the input's present row, and says whether it is shown.</param>
/// <param name="series">What is disposed with the cursor; null for nothing.</param>
internal sealed class SeriesCursor(
    SeriesMapper mapper, DataViewRowCursor input, bool[] active, Func<int, Delegate> createGetter, Func<bool> advance,
    IDisposable? series) : DataViewRowCursor
{
    private long _position = -1;
    private long _shown;

    public override DataViewSchema Schema => mapper.OutputSchema;

    public override long Position => _position;

    public override long Batch => input.Batch;

    public override bool MoveNext()
    {
        while (input.MoveNext())
        {
            if (!advance())
                continue;
            _position = _shown++;
            return true;
        }

        _position = -1;
        return false;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active[mapper.Index(column)];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        int index = mapper.RequireActive(column, active);
        return mapper.IsAdded(index)
            ? mapper.Cast<TValue>(index, createGetter(index - mapper.InputSchema.Count))
            : input.GetGetter<TValue>(input.Schema[index]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            input.Dispose();
            series?.Dispose();
        }

        base.Dispose(disposing);
    }
}
