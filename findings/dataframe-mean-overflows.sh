#!/usr/bin/env bash
# Microsoft.Data.Analysis 0.23.1: the mean of a column of whole numbers overflows, without an exception.
#
# Expected: Mean is a double whatever the column holds, and the mean of numbers lies between the smallest and the largest of them, as
#           Median does.
# Seen:     Mean divides Sum, and Sum adds up in the column's own type, unchecked: bytes of 200 and 100 have the mean 22, three incomes of two
#           billion one of 568 million, two of them a negative one. GroupBy(...).Mean of the same two throws an OverflowException.
# So pixels, quantized values, amounts in cents and timestamps have wrong means, without an error; multiply the column by 1.0 first, which
# makes it one of doubles.
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
using System.Globalization;
using Microsoft.Data.Analysis;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Print(new ByteDataFrameColumn("pixels", new byte[] { 200, 100 }));
Print(new Int32DataFrameColumn("incomes", new[] { 2_000_000_000, 2_000_000_000 }));
Print(new Int32DataFrameColumn("more incomes", new[] { 2_000_000_000, 2_000_000_000, 2_000_000_000 }));

DataFrame table = new(
    new StringDataFrameColumn("region", ["north", "north"]),
    new Int32DataFrameColumn("income", new[] { 2_000_000_000, 2_000_000_000 }));
try
{
    Console.WriteLine($"of a group: mean {table.GroupBy("region").Mean("income").Columns["income"][0]}");
}
catch (OverflowException error)
{
    Console.WriteLine($"of a group: {error.GetType().Name}");
}

static void Print(DataFrameColumn column) =>
    Console.WriteLine($"{column.Name}: mean {column.Mean():0}, median {column.Median():0}, mean of the column times 1.0 {(column * 1.0).Mean():0}");
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.Data.Analysis $version"
echo "$seen"
expected="pixels: mean 22, median 150, mean of the column times 1.0 150
incomes: mean -147483648, median 2000000000, mean of the column times 1.0 2000000000
more incomes: mean 568344235, median 2000000000, mean of the column times 1.0 2000000000
of a group: OverflowException"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: means of whole numbers overflow."
