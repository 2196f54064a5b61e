#!/usr/bin/env bash
# Microsoft.Data.Analysis 0.23.1: a DataFrame takes a missing value for 0 when it groups, and loses rows without a key in a left join.
#
# Expected: null is a missing value: a column's Mean and Min leave it out, and so do those of groups. A left join keeps every row of the
#           left side, as in SQL and pandas.
# Seen:     GroupBy(...).Mean of 10 and null is 5, and Min is 0, while Count says that there is one value, and Mean and Min of the column
#           itself are 10. Merge with JoinAlgorithm.Left has two of the three orders: the one without a customer is gone, unless the other
#           side has a row without a key.
# So features that are made per group of data with gaps are too small, and a table gets shorter where it is enriched; take rows without a
# value out before grouping, and rows without a key before joining, and append them again.
set -euo pipefail
version=0.23.1
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
    <PackageReference Include="Microsoft.Data.Analysis" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using Microsoft.Data.Analysis;

DataFrame measured = new(new StringDataFrameColumn("sensor", ["a", "a"]), new DoubleDataFrameColumn("value", [10, null]));
GroupBy bySensor = measured.GroupBy("sensor");
Console.WriteLine($"column: mean {measured["value"].Mean()}, min {measured["value"].Min()}");
Console.WriteLine($"group: mean {Only(bySensor.Mean("value"))}, min {Only(bySensor.Min("value"))}, count {Only(bySensor.Count("value"))}");

DataFrame orders = new(new Int32DataFrameColumn("order", [1, 2, 3]), new Int32DataFrameColumn("customer", new int?[] { 7, null, 8 }));
DataFrame customers = new(new Int32DataFrameColumn("id", [7]), new StringDataFrameColumn("name", ["Ann"]));
DataFrame joined = orders.Merge(customers, ["customer"], ["id"], joinAlgorithm: JoinAlgorithm.Left);
Console.WriteLine($"orders: {List(orders)}; left join: {List(joined)}");

static object Only(DataFrame frame) => frame["value"][0];

static string List(DataFrame frame) => string.Join(", ", frame["order"].Cast<object>());
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.Data.Analysis $version"
echo "$seen"
expected="column: mean 10, min 10
group: mean 5, min 0, count 1
orders: 1, 2, 3; left join: 1, 3"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: missing values are zeros in groups, and rows without a key are lost."
