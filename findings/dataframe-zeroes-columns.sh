#!/usr/bin/env bash
# Microsoft.Data.Analysis 0.23.1: a DataFrame that is read as an IDataView has 0 and false for missing integers and Booleans.
#
# Expected: an error, a warning, or another type, because an IDataView has no missing Int32 and no missing Boolean; as for Single and
#           Double, whose missing values are NaN there.
# Seen:     Int32 1, null, 3 is read as 1, 0, 3, and Boolean true, null, true as True, False, True, without a word.
# So a pipeline that is fitted on a DataFrame learns that unlabelled rows are negative ones, and that unknown counts are 0; take rows
# without a value out before Fit (DropNulls), or make the column one of Single.
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
using Microsoft.ML;

DataFrame frame = new(
    new SingleDataFrameColumn("Single", new float?[] { 1, null, 3 }),
    new DoubleDataFrameColumn("Double", new double?[] { 1, null, 3 }),
    new Int32DataFrameColumn("Int32", new int?[] { 1, null, 3 }),
    new BooleanDataFrameColumn("Boolean", new bool?[] { true, null, true }));
Show<float>("Single");
Show<double>("Double");
Show<int>("Int32");
Show<bool>("Boolean");

void Show<T>(string name)
{
    IDataView view = frame;
    using DataViewRowCursor cursor = view.GetRowCursor([view.Schema[name]]);
    ValueGetter<T> getter = cursor.GetGetter<T>(view.Schema[name]);
    List<T> values = [];
    while (cursor.MoveNext())
    {
        T value = default;
        getter(ref value);
        values.Add(value);
    }

    Console.WriteLine($"{name}: {frame[name].NullCount} missing, read as {string.Join(", ", values)}");
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.Data.Analysis $version"
echo "$seen"
expected="Single: 1 missing, read as 1, NaN, 3
Double: 1 missing, read as 1, NaN, 3
Int32: 1 missing, read as 1, 0, 3
Boolean: 1 missing, read as True, False, True"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: missing integers are 0 and missing Booleans are false in the IDataView."
