using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Series;

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

    /// <summary>Makes a function that reads the series of the present row. It throws an <see cref="ArgumentException"/> where a value is
    /// infinite or too large.</summary>
    public static Func<double[]> Reader(DataViewRow row, DataViewSchema.Column column) =>
        ItemType(column)!.RawType == typeof(double)
            ? Reader<double>(row, column, value => value)
            : Reader<float>(row, column, value => value);

    /// <summary>Reads all rows.</summary>
    public static IReadOnlyList<SeriesInput> Read(IHost host, IDataView data, DataViewSchema.Column column, RetNetSeriesOptions options)
    {
        List<SeriesInput> series = [];
        using DataViewRowCursor cursor = data.GetRowCursor([column]);
        Func<double[]> reader = Reader(cursor, column);
        while (cursor.MoveNext())
        {
            host.CheckAlive();
            series.Add(ToInput(reader(), options));
        }

        return series;
    }

    /// <summary>The series of a row as a forecaster reads it.</summary>
    public static SeriesInput ToInput(double[] values, RetNetSeriesOptions options) =>
        new(values, options.ToSeriesOptions(options.SeasonsOf(values)));

    private static Func<double[]> Reader<T>(DataViewRow row, DataViewSchema.Column column, Func<T, double> convert)
    {
        ValueGetter<VBuffer<T>> getter = row.GetGetter<VBuffer<T>>(row.Schema[column.Index]);
        VBuffer<T> vector = default;
        return () =>
        {
            getter(ref vector);
            double[] values = [.. vector.DenseValues().Select(convert)];
            for (int step = 0; step < values.Length; step++)
                SeriesValue.Require(values[step], $"Column '{column.Name}', row {row.Position}", step);
            return values;
        };
    }
}
