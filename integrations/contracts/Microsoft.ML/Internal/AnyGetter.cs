using Microsoft.ML.Data;

namespace Microsoft.ML.Internal;

/// <summary>Reads a column whose type is known only at run time.</summary>
internal static class AnyGetter
{
    public static Func<object> Create(DataViewRow row, DataViewSchema.Column column)
        => (Func<object>)typeof(AnyGetter).GetMethod(nameof(Boxed)).MakeGenericMethod(column.Type.RawType).Invoke(null, [row, column]);

    public static Func<object> Boxed<T>(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<T> getter = row.GetGetter<T>(column);
        return () =>
        {
            T value = default;
            getter(ref value);
            return value;
        };
    }

    /// <summary>Reads a scalar of any number type, a Boolean or a key as a number; a missing key is not a number.</summary>
    public static Func<double> Number(DataViewRow row, DataViewSchema.Column column)
    {
        Func<object> value = Create(row, column);
        if (column.Type is KeyDataViewType)
            return () => Convert.ToUInt64(value()) is ulong key and > 0 ? key - 1 : double.NaN;
        return () => Convert.ToDouble(value());
    }
}
