#!/usr/bin/env bash
# OpenTelemetry 1.20.1 (.NET): a view that takes a tag away adds up what a Counter counts, and drops all but the last of what an
# ObservableCounter reports.
#
# Expected: a view with fewer TagKeys aggregates over the others: of two disks with 10 and 20 bytes written, 30 without the tag "disk",
#           whichever instrument reports them: OpenTelemetry's data model takes an attribute away from sums by adding them.
# Seen:     a Counter has 30. An ObservableCounter has 20, and an ObservableUpDownCounter too: each observation of a callback overwrites
#           the one before, so that the number depends on their order. With the tag both values are there.
# So a tag that was taken away for its cost makes totals of the runtime, disks and queues, which are observable instruments, those of one
# part; add up in the callback, or keep the tag.
set -euo pipefail
version=1.20.1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >finding.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="OpenTelemetry" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;

Measure("with the tag", builder => { }, reversed: false);
Measure("without the tag", builder => builder.AddView("*", new MetricStreamConfiguration { TagKeys = [] }), reversed: false);
Measure("without the tag, in the other order", builder => builder.AddView("*", new MetricStreamConfiguration { TagKeys = [] }), reversed: true);

static void Measure(string name, Action<MeterProviderBuilder> configure, bool reversed)
{
    using Meter meter = new(name);
    Measurement<long>[] disks = [new(10, [new("disk", "a")]), new(20, [new("disk", "b")])];
    if (reversed)
        Array.Reverse(disks);
    Counter<long> counter = meter.CreateCounter<long>("counter");
    meter.CreateObservableCounter("observable-counter", () => disks);
    meter.CreateObservableUpDownCounter("observable-up-down-counter", () => disks);
    MeterProviderBuilder builder = Sdk.CreateMeterProviderBuilder().AddMeter(name);
    configure(builder);
    Console.WriteLine(name);
    using MeterProvider provider = builder.AddReader(new BaseExportingMetricReader(new Printer())).Build();
    foreach (Measurement<long> disk in disks)
        counter.Add(disk.Value, disk.Tags);
    provider.ForceFlush();
    provider.Shutdown(0);
}

// Prints the first export of each metric.
sealed class Printer : BaseExporter<Metric>
{
    private bool _isDone;

    public override ExportResult Export(in Batch<Metric> batch)
    {
        foreach (Metric metric in batch)
        {
            List<long> values = [];
            foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
                values.Add(point.GetSumLong());
            if (!_isDone)
                Console.WriteLine($"  {metric.Name}: {string.Join(" and ", values)}");
        }
        _isDone = true;
        return ExportResult.Success;
    }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "OpenTelemetry $version"
echo "$seen"
expected="with the tag
  counter: 10 and 20
  observable-counter: 10 and 20
  observable-up-down-counter: 10 and 20
without the tag
  counter: 30
  observable-counter: 20
  observable-up-down-counter: 20
without the tag, in the other order
  counter: 30
  observable-counter: 10
  observable-up-down-counter: 10"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: of observations that become one, the last is kept."
