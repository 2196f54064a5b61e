#!/usr/bin/env bash
# Parquet.Net 6.1.0 with DuckDB 1.5.6: a TimeOnly is written as ten times what it is.
#
# Expected: 09:30 in a column that the file describes as a time in microseconds is 34,200,000,000 of them, for every reader.
# Seen:     Parquet.Net writes its ticks, of a tenth of a microsecond, and says microseconds: DuckDB reads 23:00 (ten times half past nine,
#           modulo a day). It reads its own file with the same error, so that a round trip is right; a file that DuckDB wrote gives it
#           00:57. [ParquetTime(Precision = Micros)] changes nothing.
# So opening hours, shifts and time tables are wrong in every other tool, and theirs in Parquet.Net, without an error; keep a time of day
# as a long of its own unit.
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
using System.Globalization;
using DuckDB.NET.Data;
using Parquet.Serialization;

using DuckDBConnection connection = new("Data Source=:memory:");
connection.Open();
await using (FileStream file = File.Create("parquet-net.parquet"))
    await ParquetSerializer.SerializeAsync([new Row { Opens = new TimeOnly(9, 30) }], file);
Run("copy (select time '09:30' as Opens) to 'duckdb.parquet'");

foreach (string name in new[] { "parquet-net", "duckdb" })
{
    object unit = Run($"select logical_type from parquet_schema('{name}.parquet') where name = 'Opens'");
    Console.WriteLine($"written by {name}, described as {(unit.ToString().Contains("MICROS") ? "microseconds" : unit)}");
    Console.WriteLine($"  read by duckdb:      {Run($"select cast(cast(Opens as time) as varchar) from '{name}.parquet'")}");
    await using FileStream file = File.OpenRead(name + ".parquet");
    TimeOnly opens = (await ParquetSerializer.DeserializeAsync<Row>(file)).Data[0].Opens.Value;
    Console.WriteLine($"  read by parquet-net: {opens.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}");
}

object Run(string query)
{
    using DuckDBCommand command = connection.CreateCommand();
    command.CommandText = query;
    return command.ExecuteScalar();
}

class Row
{
    public TimeOnly? Opens { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Parquet.Net $version, DuckDB.NET $duckdb"
echo "$seen"
expected="written by parquet-net, described as microseconds
  read by duckdb:      23:00:00
  read by parquet-net: 09:30:00
written by duckdb, described as microseconds
  read by duckdb:      09:30:00
  read by parquet-net: 00:57:00"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: a time of day is written as ten times what it is."
