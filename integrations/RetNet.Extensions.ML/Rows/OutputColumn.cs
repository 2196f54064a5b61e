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
    /// <summary>The column in a schema.</summary>
    public DataViewSchema.DetachedColumn Declaration { get; } = new(name, type, annotations);

    /// <summary>A <c>ValueGetter</c> of the column's type.</summary>
    /// <param name="result">Returns the result of the current row; called whenever the value is requested.</param>
    public abstract Delegate CreateGetter(Func<TResult> result);
}

/// <summary>A column that a transformer adds, of known type.</summary>
/// <param name="name">The column's name.</param>
/// <param name="type">The column's type; its raw type is <typeparamref name="TValue"/>.</param>
/// <param name="write">Writes a row's value.</param>
/// <param name="annotations">The column's annotations; null for none.</param>
internal sealed class OutputColumn<TResult, TValue>(
    string name, DataViewType type, OutputColumn<TResult, TValue>.Writer write, DataViewSchema.Annotations? annotations = null)
    : OutputColumn<TResult>(name, type, annotations)
{
    public delegate void Writer(TResult result, ref TValue value);

    public override Delegate CreateGetter(Func<TResult> result) => (ValueGetter<TValue>)((ref TValue value) => write(result(), ref value));
}
