#!/usr/bin/env bash
# Parquet.Net 6.1.0 with DuckDB 1.5.6: nulls in lists are written and not read, so that lists come back shorter.
#
# Expected: a List<int?> of 1, null, 3 has three elements in the file, and three when ParquetSerializer reads it; the elements of two lists of
#           one row (values and their times) still belong together. The release notes take care of null and empty lists of nullable elements.
# Seen:     the file is right, DuckDB counts three elements, and ParquetSerializer reads two, 1 and 3, whoever wrote the file: numbers and texts
#           alike, in lists and in arrays. Values of a dictionary keep their nulls. Nothing is thrown.
# So the gaps of a series disappear and everything behind them moves up; write a number that stands for a gap (NaN), or a list of a class
# with a nullable member.
set -euo pipefail
version=6.1.0
duckdb=1.5.6.1
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
    <PackageReference Include="Parquet.Net" Version="[$version]" />
    <PackageReference Include="DuckDB.NET.Data.Full" Version="[$duckdb]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Text.Json;
using DuckDB.NET.Data;
using Parquet.Serialization;

using DuckDBConnection connection = new("Data Source=:memory:");
connection.Open();
Row row = new()
{
    Values = [1, null, 3],
    Texts = ["a", null, "c"],
    Places = [1.5, null, null, 4.5],
    Members = [new Member { Value = 1 }, new Member(), new Member { Value = 3 }],
    Map = new() { ["a"] = 1, ["b"] = null },
};
await using (FileStream file = File.Create("parquet-net.parquet"))
    await ParquetSerializer.SerializeAsync([row], file);
Run("copy (select * from 'parquet-net.parquet') to 'duckdb.parquet'");

Console.WriteLine($"in memory: {JsonSerializer.Serialize(row)}");
object counts = Run("select len(Values) || ', ' || len(Texts) || ', ' || len(Places) from 'parquet-net.parquet'");
Console.WriteLine($"elements that DuckDB counts: {counts}");
foreach (string name in new[] { "parquet-net", "duckdb" })
{
    await using FileStream file = File.OpenRead(name + ".parquet");
    Console.WriteLine($"read from {name}: {JsonSerializer.Serialize((await ParquetSerializer.DeserializeAsync<Row>(file)).Data[0])}");
}

object Run(string query)
{
    using DuckDBCommand command = connection.CreateCommand();
    command.CommandText = query;
    return command.ExecuteScalar();
}

class Row
{
    public List<int?> Values { get; set; }
    public List<string> Texts { get; set; }
    public double?[] Places { get; set; }
    public List<Member> Members { get; set; }
    public Dictionary<string, int?> Map { get; set; }
}

class Member
{
    public int? Value { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Parquet.Net $version, DuckDB.NET $duckdb"
echo "$seen"
cat >expected <<'EOF'
in memory: {"Values":[1,null,3],"Texts":["a",null,"c"],"Places":[1.5,null,null,4.5],"Members":[{"Value":1},{"Value":null},{"Value":3}],"Map":{"a":1,"b":null}}
elements that DuckDB counts: 3, 3, 4
read from parquet-net: {"Values":[1,3],"Texts":["a","c"],"Places":[1.5,4.5],"Members":[{"Value":1},{"Value":null},{"Value":3}],"Map":{"a":1,"b":null}}
read from duckdb: {"Values":[1,3],"Texts":["a","c"],"Places":[1.5,4.5],"Members":[{"Value":1},{"Value":null},{"Value":3}],"Map":{"a":1,"b":null}}
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: null elements are not read."
