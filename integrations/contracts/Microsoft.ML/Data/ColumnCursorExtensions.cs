using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

public static class ColumnCursorExtensions
{
    public static IEnumerable<T> GetColumn<T>(this IDataView data, string columnName) => GetColumn<T>(data, data.Schema[columnName]);

    public static IEnumerable<T> GetColumn<T>(this IDataView data, DataViewSchema.Column column)
    {
        Contracts.CheckValue(data, nameof(data));
        Contracts.CheckNonEmpty(column.Name, nameof(column));
        Contracts.CheckParam(
            data.Schema[column.Index].Name == column.Name && data.Schema[column.Index].Type == column.Type,
            nameof(column),
            $"column with name {column.Name}, type {column.Type}, and index {column.Index} cannot be found in {nameof(data)}");
        Type raw = column.Type.RawType;
        Type item = (column.Type as VectorDataViewType)?.ItemType.RawType;
        bool fits = raw == typeof(T)
            || (typeof(T) == typeof(string) && raw == typeof(ReadOnlyMemory<char>))
            || (typeof(T).IsArray && item is not null && (typeof(T).GetElementType() == item || (typeof(T) == typeof(string[]) && item == typeof(ReadOnlyMemory<char>))));
        Contracts.CheckParam(
            fits, nameof(column), $"Cannot map column (name: {column.Name}, type: {column.Type}) in {nameof(data)} to the user-defined type, {typeof(T)}.");
        return Values();

        IEnumerable<T> Values()
        {
            using DataViewRowCursor cursor = data.GetRowCursor(column);
            Func<T> read = (Func<T>)MemberConversion.Create(typeof(T), column.Type).CreateReader(cursor, column);
            while (cursor.MoveNext())
                yield return read();
        }
    }
}
