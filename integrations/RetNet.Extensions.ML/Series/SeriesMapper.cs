using Microsoft.ML;
using RetNet.Extensions.ML.Rows;

namespace RetNet.Extensions.ML.Series;

/// <summary>A stage bound to an input schema with an observation per row.</summary>
/// <param name="input">The input's schema.</param>
/// <param name="columns">The columns that are read.</param>
/// <param name="added">The columns that are added.</param>
/// <param name="createStep">Makes what computes them.</param>
internal sealed class SeriesMapper(
    DataViewSchema input, SeriesColumns columns, IEnumerable<DataViewSchema.DetachedColumn> added, Func<SeriesStep> createStep)
    : AddedColumns(input, columns.All, added)
{
    public SeriesColumns Columns => columns;

    public SeriesStep CreateStep() => createStep();
}
