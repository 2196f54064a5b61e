using System.Globalization;
using System.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Rows;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>The columns that a forecast is shown in: vectors of the input's type, as long as the horizon.</summary>
internal static class ForecastColumns
{
    /// <summary>The columns that the options name.</summary>
    /// <param name="options">The options.</param>
    /// <param name="item">The type of the input's values.</param>
    public static IReadOnlyList<OutputColumn<RowForecast>> Create(RetNetForecastingEstimator.Options options, DataViewType item) =>
        item.RawType == typeof(double) ? Create<double>(options, item) : Create<float>(options, item);

    /// <summary>Their shapes.</summary>
    /// <inheritdoc cref="Create(RetNetForecastingEstimator.Options, DataViewType)"/>
    public static SchemaShape.Column[] Shapes(RetNetForecastingEstimator.Options options, DataViewType item)
    {
        List<SchemaShape.Column> shapes = [ColumnShapes.Vector(options.OutputColumnName, item)];
        if (options.ConfidenceLowerBoundColumn is { } lower)
            shapes.Add(ColumnShapes.Vector(lower, item));
        if (options.ConfidenceUpperBoundColumn is { } upper)
            shapes.Add(ColumnShapes.Vector(upper, item));
        if (options.QuantilesColumn is { } quantiles)
            shapes.Add(ColumnShapes.Vector(quantiles, item, ColumnShapes.Vector(ColumnKinds.SlotNames, TextDataViewType.Instance)));
        return [.. shapes];
    }

    private static List<OutputColumn<RowForecast>> Create<T>(RetNetForecastingEstimator.Options options, DataViewType item)
        where T : INumberBase<T>
    {
        VectorDataViewType vector = new((PrimitiveDataViewType)item, options.Horizon);
        List<OutputColumn<RowForecast>> columns = [Column<T>(options.OutputColumnName, vector, row => row.Point)];
        if (options.ConfidenceLowerBoundColumn is { } lower)
            columns.Add(Column<T>(lower, vector, row => row.Lower));
        if (options.ConfidenceUpperBoundColumn is { } upper)
            columns.Add(Column<T>(upper, vector, row => row.Upper));
        if (options.QuantilesColumn is { } quantiles)
        {
            int levels = ForecasterConfiguration.Levels.Count;
            VectorDataViewType matrix = new((PrimitiveDataViewType)item, options.Horizon, levels);
            columns.Add(new OutputColumn<RowForecast, VBuffer<T>>(
                quantiles, matrix, (RowForecast row, ref VBuffer<T> value) => Write(row.Quantile, row.Horizon * levels, ref value),
                SlotNames(options.Horizon)));
        }

        return columns;
    }

    private static OutputColumn<RowForecast> Column<T>(string name, DataViewType type, Func<RowForecast, Func<int, double>> steps)
        where T : INumberBase<T> => new OutputColumn<RowForecast, VBuffer<T>>(
            name, type, (RowForecast row, ref VBuffer<T> value) => Write(steps(row), row.Horizon, ref value));

    private static void Write<T>(Func<int, double> values, int count, ref VBuffer<T> vector)
        where T : INumberBase<T>
    {
        VBufferEditor<T> editor = VBufferEditor.Create(ref vector, count);
        for (int i = 0; i < count; i++)
            editor.Values[i] = T.CreateTruncating(values(i));
        vector = editor.Commit();
    }

    /// <summary>The step, from 1, and the level: <c>1:0.1</c>.</summary>
    private static DataViewSchema.Annotations SlotNames(int horizon)
    {
        ReadOnlyMemory<char>[] names =
        [
            .. Enumerable.Range(1, horizon).SelectMany(step => ForecasterConfiguration.Levels.Select(
                level => string.Create(CultureInfo.InvariantCulture, $"{step}:{level:0.0}").AsMemory())),
        ];
        DataViewSchema.Annotations.Builder builder = new();
        builder.Add(ColumnKinds.SlotNames, new VectorDataViewType(TextDataViewType.Instance, names.Length), VectorValues.Getter(names));
        return builder.ToAnnotations();
    }
}
