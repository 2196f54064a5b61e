using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Rows;

/// <summary>A column that a transformer adds.</summary>
/// <typeparam name="TResult">The model's result for a row; each added column shows a part of it.</typeparam>
/// <param name="name">The column's name.</param>
/// <param name="type">The column's type.</param>
/// <param name="annotations">Its annotations; null for none.</param>
internal abstract class OutputColumn<TResult>(string name, DataViewType type, DataViewSchema.Annotations? annotations)
{
    public string Name => name;

    public DataViewType Type => type;

    public DataViewSchema.Annotations? Annotations => annotations;

    /// <summary>A <c>ValueGetter</c> of the column's type.</summary>
    /// <param name="result">Returns the result of the current row; called whenever the value is requested.</param>
    public abstract Delegate CreateGetter(Func<TResult> result);
}
