#!/usr/bin/env bash
# Parquet.Net 6.1.0: members that are structs are written with their values and read as zeros; one that is a TimeSpan is never read again.
#
# Expected: what ParquetSerializer writes of a class it reads into the same class. The release notes say that structs of .NET are supported.
# Seen:     a struct as a member, in a list or in a dictionary comes back with all its properties 0, without an exception; the same type as
#           a class comes back right. The file has the values. A TimeSpan is a struct too, written as a column for each of its properties
#           (Ticks, Days, TotalMicroseconds …), and the class that wrote it cannot be read at all, though [ParquetTime] is documented for
#           TimeSpan.
# So points, ranges, scores and durations are lost at the first read, not at the write; make them classes, and durations long, before
# anything is stored.
set -euo pipefail
version=6.1.0
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
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using Parquet;
using Parquet.Schema;
using Parquet.Serialization;
using Parquet.Serialization.Attributes;

await Try("class", new Row<Label> { Value = new Label { Start = 3, Score = 0.5 } });
await Try("struct", new Row<Span> { Value = new Span { Start = 3, Score = 0.5 } });
await Try("list of structs", new Row<List<Span>> { Value = [new Span { Start = 3, Score = 0.5 }] });
await Try("dictionary of structs", new Row<Dictionary<string, Span>> { Value = new() { ["key"] = new Span { Start = 3, Score = 0.5 } } });
await Try("TimeSpan", new Duration { Value = TimeSpan.FromSeconds(1.5) });

// Writes a row, looks into the file (the statistics of the column Start), and reads it with the class that wrote it.
static async Task Try<T>(string name, T row) where T : class, IRow, new()
{
    using MemoryStream file = new();
    await ParquetSerializer.SerializeAsync([row], file);
    file.Position = 0;
    object start;
    int columns;
    await using (ParquetReader reader = await ParquetReader.CreateAsync(file, leaveStreamOpen: true))
    {
        columns = reader.Schema.DataFields.Length;
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
        DataField field = reader.Schema.DataFields.FirstOrDefault(field => field.Name == "Start");
        start = field is null ? "-" : group.GetStatistics(field).MaxValue;
    }
    file.Position = 0;
    string read;
    try
    {
        read = (await ParquetSerializer.DeserializeAsync<T>(file)).Data[0].ToString();
    }
    catch (InvalidOperationException error)
    {
        read = error.Message;
    }
    Console.WriteLine($"{name}: written {row}, {(columns > 3 ? "many" : "few")} columns, in the file {start}, read {read}");
}

interface IRow;

class Row<T> : IRow
{
    public T Value { get; set; }

    public override string ToString() => Value switch
    {
        List<Span> list => $"{list[0]}",
        Dictionary<string, Span> values => $"{values["key"]}",
        _ => $"{Value}"
    };
}

class Duration : IRow
{
    [ParquetTime]
    public TimeSpan Value { get; set; }

    public override string ToString() => $"{Value.TotalSeconds:0.0} s";
}

struct Span
{
    public int Start { get; set; }
    public double Score { get; set; }

    public override readonly string ToString() => $"{Start}";
}

class Label
{
    public int Start { get; set; }
    public double Score { get; set; }

    public override string ToString() => $"{Start}";
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 dotnet run --no-build)
echo "Parquet.Net $version"
echo "$seen"
expected="class: written 3, few columns, in the file 3, read 3
struct: written 3, few columns, in the file 3, read 0
list of structs: written 3, few columns, in the file 3, read 0
dictionary of structs: written 3, few columns, in the file 3, read 0
TimeSpan: written 1.5 s, many columns, in the file -, read property 'Value' (System.TimeSpan) has no fields"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: structs are read as zeros."
