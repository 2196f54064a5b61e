using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>A cursor that reads series as it moves, if an added column was requested.</summary>
/// <param name="mapper">The stage.</param>
/// <param name="input">The cursor of the input; owned from here on.</param>
/// <param name="active">The columns that may be read.</param>
/// <param name="step">Computes the added columns.</param>
/// <param name="advance">Tells the step of the input's present row.</param>
/// <param name="series">What is disposed with the cursor; null for nothing.</param>
internal sealed class SeriesCursor(
    SeriesMapper mapper, DataViewRowCursor input, bool[] active, SeriesStep step, Action advance, IDisposable? series) : DataViewRowCursor
{
    private readonly bool _reads = mapper.AddsAny(active);

    public override DataViewSchema Schema => mapper.OutputSchema;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override bool MoveNext()
    {
        if (!input.MoveNext())
            return false;
        if (_reads)
            advance();
        return true;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active[mapper.Index(column)];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        int index = mapper.RequireActive(column, active);
        return mapper.IsAdded(index)
            ? mapper.Cast<TValue>(index, step.CreateGetter(index - mapper.InputSchema.Count))
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
