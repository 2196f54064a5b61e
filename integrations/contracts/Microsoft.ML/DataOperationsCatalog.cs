using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

public sealed class DataOperationsCatalog : IInternalCatalog
{
    private readonly IHostEnvironment _environment;

    internal DataOperationsCatalog(IHostEnvironment env) => _environment = env;

    IHostEnvironment IInternalCatalog.Environment => _environment;

    public IDataView LoadFromEnumerable<TRow>(IEnumerable<TRow> data, SchemaDefinition schemaDefinition = null)
        where TRow : class
    {
        Contracts.CheckValue(data, nameof(data));
        return new EnumerableDataView<TRow>(data, schemaDefinition);
    }

    public IDataView LoadFromEnumerable<TRow>(IEnumerable<TRow> data, DataViewSchema schema)
        where TRow : class
    {
        Contracts.CheckValue(data, nameof(data));
        Contracts.CheckValue(schema, nameof(schema));
        return new EnumerableDataView<TRow>(data, TypedMember.Match(typeof(TRow), schema));
    }

    public IEnumerable<TRow> CreateEnumerable<TRow>(
        IDataView data, bool reuseRowObject, bool ignoreMissingColumns = false, SchemaDefinition schemaDefinition = null)
        where TRow : class, new()
    {
        Contracts.CheckValue(data, nameof(data));
        TypedMember[] members = TypedMember.Create(typeof(TRow), schemaDefinition, SchemaDefinition.Direction.Write);
        members = TypedGetters.Bind(data.Schema, members, ignoreMissingColumns);
        return Rows();

        IEnumerable<TRow> Rows()
        {
            using DataViewRowCursor cursor = data.GetRowCursor(members.Select(member => data.Schema[member.ColumnName]));
            Action<TRow> fill = TypedGetters.CreateFill<TRow>(cursor, members);
            TRow row = new();
            while (cursor.MoveNext())
            {
                if (!reuseRowObject)
                    row = new TRow();
                fill(row);
                yield return row;
            }
        }
    }

    public IDataView Cache(IDataView input, params string[] columnsToPrefetch)
    {
        Contracts.CheckValue(input, nameof(input));
        return new CacheDataView(input, (columnsToPrefetch ?? []).Select(name => input.Schema.GetColumnOrNull(name)
            ?? throw _environment.ExceptSchemaMismatch(nameof(columnsToPrefetch), "prefetch", name)));
    }

    public IDataView FilterRowsByColumn(
        IDataView input, string columnName, double lowerBound = double.NegativeInfinity, double upperBound = double.PositiveInfinity)
    {
        Contracts.CheckValue(input, nameof(input));
        Contracts.CheckNonEmpty(columnName, nameof(columnName));
        Contracts.CheckParam(lowerBound < upperBound, nameof(upperBound), "Must be less than lowerBound");
        DataViewSchema.Column column = input.Schema[columnName];
        if (column.Type is not NumberDataViewType)
            throw _environment.ExceptSchemaMismatch(nameof(columnName), "filter", columnName, "number", column.Type.ToString());
        return new FilteredDataView(input, [column], row =>
        {
            Func<double> value = AnyGetter.Number(row, column);
            return () => value() is double number && number >= lowerBound && number < upperBound;
        });
    }

    public IDataView FilterRowsByMissingValues(IDataView input, params string[] columns)
    {
        Contracts.CheckValue(input, nameof(input));
        Contracts.CheckParam(columns is { Length: > 0 }, nameof(columns));
        DataViewSchema.Column[] tested = [.. columns.Select(name => input.Schema.GetColumnOrNull(name)
            ?? throw _environment.ExceptSchemaMismatch("schema", "source", name))];
        return new FilteredDataView(input, tested, row =>
        {
            Func<object>[] values = [.. tested.Select(column => AnyGetter.Create(row, column))];
            bool[] isKey = [.. tested.Select(column => column.Type is KeyDataViewType)];
            return () => !values.Where((value, i) => IsMissing(value(), isKey[i])).Any();
        });

        static bool IsMissing(object value, bool isKey) => value switch
        {
            float number => float.IsNaN(number),
            double number => double.IsNaN(number),
            VBuffer<float> vector => vector.Items().Any(item => float.IsNaN(item.Value)),
            VBuffer<double> vector => vector.Items().Any(item => double.IsNaN(item.Value)),
            IConvertible number => isKey && number.ToUInt64(null) == 0,
            _ => false,
        };
    }

    public IDataView ShuffleRows(IDataView input, int? seed = null, int shufflePoolSize = 1000, bool shuffleSource = true)
    {
        Contracts.CheckValue(input, nameof(input));
        Contracts.CheckParam(shufflePoolSize > 0, nameof(shufflePoolSize), "Must be positive");
        return new ShuffledDataView(input, seed ?? _environment.Register("Shuffle").Rand.Next());
    }

    public IDataView SkipRows(IDataView input, long count) => Window(input, count, skip: true);

    public IDataView TakeRows(IDataView input, long count) => Window(input, count, skip: false);

    public TrainTestData TrainTestSplit(IDataView data, double testFraction = 0.1, string samplingKeyColumnName = null, int? seed = null)
    {
        Contracts.CheckValue(data, nameof(data));
        Contracts.CheckParam(testFraction > 0 && testFraction < 1, nameof(testFraction), "Must be between 0 and 1 exclusive");
        return DataSplit.TrainTest(_environment, data, testFraction, samplingKeyColumnName, seed);
    }

    public IReadOnlyList<TrainTestData> CrossValidationSplit(IDataView data, int numberOfFolds = 5, string samplingKeyColumnName = null, int? seed = null)
    {
        Contracts.CheckValue(data, nameof(data));
        Contracts.CheckParam(numberOfFolds > 1, nameof(numberOfFolds), "Must be more than 1");
        return [.. DataSplit.Folds(_environment, data, numberOfFolds, samplingKeyColumnName, seed)];
    }

    private static FilteredDataView Window(IDataView input, long count, bool skip)
    {
        Contracts.CheckValue(input, nameof(input));
        Contracts.CheckParam(count > 0, nameof(count), "Must be greater than zero.");
        Func<DataViewRow, Func<bool?>> condition = _ =>
        {
            long row = 0;
            return () => row++ < count ? !skip : skip ? true : null;
        };
        long? rows = skip ? Math.Max(0, input.GetRowCount() - count ?? 0) : Math.Min(input.GetRowCount() ?? 0, count);
        return new FilteredDataView(input, [], condition, input.GetRowCount() is null ? null : rows);
    }

    public struct TrainTestData
    {
        public readonly IDataView TrainSet;
        public readonly IDataView TestSet;

        internal TrainTestData(IDataView trainSet, IDataView testSet)
        {
            TrainSet = trainSet;
            TestSet = testSet;
        }
    }
}
