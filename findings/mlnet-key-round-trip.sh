#!/usr/bin/env bash
# Microsoft.ML 5.0.1: a [KeyType] property that goes into a data view and out again is another key.
#
# Expected: as the documentation of KeyTypeAttribute and KeyDataViewType says, properties count keys from 0 and a column counts them
#           from 1, where 0 is a missing key. So what CreateEnumerable reads into the class that LoadFromEnumerable wrote is the same.
# Seen:     only LoadFromEnumerable converts: it adds 1. CreateEnumerable puts the column's number into the property. Each time around,
#           every key is the next one, the last key is missing, and a missing key is the first one.
# So rows that are read out and loaded again train on shifted labels without an error; subtract 1 in between.
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

MLContext context = new();
uint[] keys = [0, 1, 2, 3];
for (int round = 0; round < 3; round++)
{
    IDataView view = context.Data.LoadFromEnumerable(keys.Select(key => new Row { Key = key }));
    string column = string.Join(", ", view.GetColumn<uint>("Key"));
    uint[] read = [.. context.Data.CreateEnumerable<Row>(view, reuseRowObject: false).Select(row => row.Key)];
    Console.WriteLine($"properties: {string.Join(", ", keys)}; column: {column}; properties that are read: {string.Join(", ", read)}");
    keys = read;
}

sealed class Row
{
    [KeyType(4)]
    public uint Key { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML $version"
echo "$seen"
expected="properties: 0, 1, 2, 3; column: 1, 2, 3, 4; properties that are read: 1, 2, 3, 4
properties: 1, 2, 3, 4; column: 2, 3, 4, 0; properties that are read: 2, 3, 4, 0
properties: 2, 3, 4, 0; column: 3, 4, 0, 1; properties that are read: 3, 4, 0, 1"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: every key is the next one after a round trip."
