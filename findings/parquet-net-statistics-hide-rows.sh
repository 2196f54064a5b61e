#!/usr/bin/env bash
# Parquet.Net 6.1.0 with DuckDB 1.5.6: rows that are in the file are not found, because the smallest and largest values that the file states are
# not those of its column.
#
# Expected: a column's statistics bound its values, in the unit of the column and in the order of the format (UTF-8 bytes for texts), since
#           readers skip what cannot match by them. A condition finds the rows that a reader of all rows sees.
# Seen:     of times in microseconds Parquet.Net states milliseconds, so that a file of June 2024 claims to be of January 1970, and every
#           condition on the time finds nothing. Texts it orders by UTF-16, where "😀" comes before "！" (fullwidth, as in Japanese texts),
#           so that rows with the greater one are not found. Times in milliseconds, and max(), which reads the rows, are right.
# So a file that Parquet.Net reads well loses rows in DuckDB, which asks no questions; write times without a precision or in milliseconds.
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
using Parquet.Serialization.Attributes;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
DateTime day = new(2024, 6, 1, 12, 0, 0, DateTimeKind.Utc);
string[] texts = ["Yes", "Yes！", "Yes😀"];
IEnumerable<Row> rows = texts.Select((text, index) => new Row { Text = text, Millis = day.AddDays(index), Micros = day.AddDays(index) });
await using (FileStream file = File.Create("rows.parquet"))
    await ParquetSerializer.SerializeAsync(rows, file);

using DuckDBConnection connection = new("Data Source=:memory:");
connection.Open();
Print("select count(*) from 'rows.parquet'");
Print("select count(*) from 'rows.parquet' where Millis > '2024-06-02'");
Print("select count(*) from 'rows.parquet' where Micros > '2024-06-02'");
Print("select max(Micros) from 'rows.parquet'");
Print("select stats_max_value from parquet_metadata('rows.parquet') where path_in_schema = 'Micros'");
Print("select count(*) from 'rows.parquet' where Text = 'Yes！'");
Print("select count(*) from 'rows.parquet' where Text = 'Yes😀'");

void Print(string query)
{
    using DuckDBCommand command = connection.CreateCommand();
    command.CommandText = query;
    Console.WriteLine(FormattableString.Invariant($"{query}: {command.ExecuteScalar()}"));
}

class Row
{
    public string Text { get; set; }
    [ParquetTimestamp(ParquetTimestampResolution.Milliseconds)]
    public DateTime Millis { get; set; }
    [ParquetTimestamp(ParquetTimestampResolution.Microseconds)]
    public DateTime Micros { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Parquet.Net $version, DuckDB.NET $duckdb"
echo "$seen"
expected="select count(*) from 'rows.parquet': 3
select count(*) from 'rows.parquet' where Millis > '2024-06-02': 2
select count(*) from 'rows.parquet' where Micros > '2024-06-02': 0
select max(Micros) from 'rows.parquet': 06/03/2024 12:00:00
select stats_max_value from parquet_metadata('rows.parquet') where path_in_schema = 'Micros': 1970-01-20 21:03:36
select count(*) from 'rows.parquet' where Text = 'Yes！': 1
select count(*) from 'rows.parquet' where Text = 'Yes😀': 0"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: conditions do not find rows that are in the file."
