using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Rows;

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
