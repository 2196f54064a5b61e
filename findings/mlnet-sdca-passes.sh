#!/usr/bin/env bash
# Microsoft.ML 5.0.1: SdcaMaximumEntropy reads 10 rows thousands of times.
#
# Expected: its documentation says that caching is not required, so that it reads its rows a few times: once for each of some dozen
#           passes of coordinate descent.
# Seen:     with default options it opens thousands of cursors on a view of 10 rows, also with NumberOfThreads = 1; on a cached view it
#           opens a few.
# So whatever stands before the trainer in a pipeline is computed thousands of times over few rows: put AppendCacheCheckpoint between.
set -euo pipefail
version=5.0.1
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
    <PackageReference Include="Microsoft.ML" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

Console.WriteLine($"default: {Passes(null, isCached: false)} cursors");
Console.WriteLine($"one thread: {Passes(1, isCached: false)} cursors");
Console.WriteLine($"one thread, cached: {Passes(1, isCached: true)} cursors");

static string Passes(int? threads, bool isCached)
{
    MLContext context = new(seed: 1);
    IDataView rows = context.Data.LoadFromEnumerable(Enumerable.Range(0, 10).Select(number => new Row
    {
        Features = [number % 2, 1 - (number % 2), number / 10f],
        Kind = number % 2 == 0 ? "even" : "odd",
    }));
    CountedView counted = new(context.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(rows).Transform(rows));
    context.MulticlassClassification.Trainers
        .SdcaMaximumEntropy(new SdcaMaximumEntropyMulticlassTrainer.Options { NumberOfThreads = threads })
        .Fit(isCached ? context.Data.Cache(counted) : counted);
    Console.Error.WriteLine($"{counted.Cursors} cursors");
    return counted.Cursors switch { < 10 => "fewer than 10", > 1000 => "more than 1,000", _ => $"{counted.Cursors}" };
}

sealed class Row
{
    [VectorType(3)]
    public float[] Features { get; set; } = [];

    public string Kind { get; set; } = "";
}

sealed class CountedView(IDataView source) : IDataView
{
    private int _cursors;

    public int Cursors => _cursors;

    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        Interlocked.Increment(ref _cursors);
        return source.GetRowCursor(columnsNeeded, rand);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        Interlocked.Increment(ref _cursors);
        return source.GetRowCursorSet(columnsNeeded, n, rand);
    }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML $version"
echo "$seen"
expected="default: more than 1,000 cursors
one thread: more than 1,000 cursors
one thread, cached: fewer than 10 cursors"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: without a cache 10 rows are read more than 1,000 times."
