using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>Splits rows by a number in [0, 1) that each row gets from the seed, or from the value of a sampling key column.</summary>
internal static class DataSplit
{
    private const uint DefaultSeed = 42;

    public static DataOperationsCatalog.TrainTestData TrainTest(IHostEnvironment env, IDataView data, double testFraction, string samplingKeyColumn, int? seed)
        => Split(env, data, samplingKeyColumn, seed, number => number >= 0 && number < testFraction);

    public static IEnumerable<DataOperationsCatalog.TrainTestData> Folds(IHostEnvironment env, IDataView data, int folds, string samplingKeyColumn, int? seed)
    {
        for (int fold = 0; fold < folds; fold++)
        {
            double start = (double)fold / folds;
            double end = (double)(fold + 1) / folds;
            yield return Split(env, data, samplingKeyColumn, seed, number => number >= start && number <= end);
        }
    }

    private static DataOperationsCatalog.TrainTestData Split(IHostEnvironment env, IDataView data, string samplingKeyColumn, int? seed, Func<double, bool> isTest)
    {
        uint start = (uint?)(seed ?? ((IHostEnvironmentInternal)env).Seed) ?? DefaultSeed;
        DataViewSchema.Column[] tested = samplingKeyColumn is null ? [] : [data.Schema.GetColumnOrNull(samplingKeyColumn)
            ?? throw env.ExceptSchemaMismatch(nameof(samplingKeyColumn), "SamplingKeyColumn", samplingKeyColumn)];

        IDataView Part(bool test) => new FilteredDataView(data, tested, row =>
        {
            Func<double> next = tested.Length == 0 ? Numbers(start) : KeyNumbers(row, tested[0], start);
            return () => isTest(next()) == test;
        });

        return new DataOperationsCatalog.TrainTestData(Part(test: false), Part(test: true));
    }

    private static Func<double> Numbers(uint seed)
    {
        SplitRandom random = new(seed);
        return () => random.NextSingle();
    }

    private static Func<double> KeyNumbers(DataViewRow row, DataViewSchema.Column column, uint seed)
    {
        Func<object> value = AnyGetter.Create(row, column);
        ulong keys = column.Type.GetKeyCount();
        if (keys > 0)
            return () => (Convert.ToUInt64(value()) - 0.5) / keys;
        return () =>
        {
            ulong hash = 14695981039346656037 ^ seed;
            foreach (char character in value().ToString())
                hash = (hash ^ character) * 1099511628211;
            return (hash >> 11) * (1.0 / (1UL << 53));
        };
    }
}
