using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Parameters;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace RetNet.Extensions.Benchmarks.Kernels;

/// <summary>Bytes or operations per second of a benchmark, and their share of what the machine gives.</summary>
/// <param name="unit">Written above the column, for billions per second.</param>
/// <param name="machine">What the machine gives per second.</param>
/// <param name="count">Takes bytes or operations from the workload.</param>
internal sealed class SpeedColumn(string unit, double machine, Func<IWorkload, long> count) : IColumn
{
    private const double Billion = 1e9;

    public string Id => $"{nameof(SpeedColumn)}.{unit}";

    public string ColumnName => $"{unit} (of {machine / Billion:F0})";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => $"{unit}, beside what this machine gave to a loop that does nothing else";

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => true;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        const double nanosecondsPerSecond = 1e9;
        double? nanoseconds = summary[benchmarkCase]?.ResultStatistics?.Median;
        if (nanoseconds is null || Activator.CreateInstance(benchmarkCase.Descriptor.Type) is not IWorkload workload)
            return "";
        foreach (ParameterInstance parameter in benchmarkCase.Parameters.Items)
            benchmarkCase.Descriptor.Type.GetProperty(parameter.Name)!.SetValue(workload, parameter.Value);
        double speed = count(workload) / nanoseconds.Value * nanosecondsPerSecond;
        return speed == 0 ? "" : $"{speed / Billion:F1} ({speed / machine:P0})";
    }
}
