using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>A column with a whole series per row: a vector of known or variable size.</summary>
internal static class WideSeries
{
    /// <summary>Finds the column.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is missing or of the wrong type.</exception>
    /// <exception cref="ArgumentException">The options name a column that only series with an observation per row have.</exception>
    public static DataViewSchema.Column Bind(DataViewSchema schema, RetNetSeriesOptions options)
    {
        DataViewSchema.Column column = schema.Find("input", options.InputColumn);
        if (ItemType(column)?.RawType is not { } item || (item != typeof(float) && item != typeof(double)))
            throw SchemaChecks.Mismatch("input", column.Name, "a vector of Single or Double", column.Type.Describe());
        RequireNoOtherColumns(options);
        return column;
    }

    /// <summary>The type of a value; null where the column is no vector of numbers.</summary>
    public static DataViewType? ItemType(DataViewSchema.Column column) =>
        (column.Type as VectorDataViewType)?.ItemType as NumberDataViewType;

    /// <exception cref="ArgumentException">The options name a column that only series with an observation per row have.</exception>
    public static void RequireNoOtherColumns(RetNetSeriesOptions options)
    {
        const string expected = "null where a row holds a whole series";
        OptionChecks.Require(options.GroupColumnName is null, nameof(options.GroupColumnName), options.GroupColumnName, expected);
        OptionChecks.Require(options.TimestampColumnName is null, nameof(options.TimestampColumnName), options.TimestampColumnName,
            expected);
    }

    /// <summary>Makes a function that reads the series of the present row.</summary>
    public static Func<double[]> Reader(DataViewRow row, DataViewSchema.Column column) =>
        ItemType(column)!.RawType == typeof(double)
            ? Reader<double>(row, column, value => value)
            : Reader<float>(row, column, value => value);

    private static Func<double[]> Reader<T>(DataViewRow row, DataViewSchema.Column column, Func<T, double> convert)
    {
        ValueGetter<VBuffer<T>> getter = row.GetGetter<VBuffer<T>>(row.Schema[column.Index]);
        VBuffer<T> vector = default;
        return () =>
        {
            getter(ref vector);
            return [.. vector.DenseValues().Select(convert)];
        };
    }
}
