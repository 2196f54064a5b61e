#!/usr/bin/env bash
# Microsoft.Data.Analysis 0.23.1 with Apache.Arrow 23.0.0: a DataFrame made of a slice of a record batch has the batch's first rows.
#
# Expected: FromArrowRecordBatch of RecordBatch.Slice(3, 3), which shares the buffers and moves an offset, has the fourth to sixth row.
# Seen:     columns of numbers and texts are taken from the beginning of the buffers, with the length of the slice; dates come from the slice.
#           So ids of the first rows stand beside dates of later ones, and a missing id of the first rows is a 0 that is summed.
# So batches that are paged, or split into training and validation by slices, repeat their first rows without an error; a slice that went
# through ArrowStreamWriter and ArrowStreamReader has its own rows.
set -euo pipefail
version=0.23.1
arrow=23.0.0
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
    <PackageReference Include="Apache.Arrow" Version="[$arrow]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Microsoft.Data.Analysis;

RecordBatch batch = new RecordBatch.Builder()
    .Append("id", true, column => column.Int32(array => array.AppendNull().AppendRange([2, 3, 4, 5, 6])))
    .Append("name", true, column => column.String(array => array.AppendRange(["one", "two", "three", "four", "five", "six"])))
    .Append("day", true, column => column.Date64(
        array => array.AppendRange(Enumerable.Range(1, 6).Select(day => new DateTime(2026, 1, day, 0, 0, 0, DateTimeKind.Utc)))))
    .Build();
RecordBatch slice = batch.Slice(3, 3);
Show("slice", slice);
using MemoryStream stream = new();
using (ArrowStreamWriter writer = new(stream, slice.Schema, leaveOpen: true))
{
    writer.WriteRecordBatch(slice);
    writer.WriteEnd();
}
stream.Position = 0;
using ArrowStreamReader reader = new(stream);
Show("slice that was written and read", reader.ReadNextRecordBatch());

static void Show(string name, RecordBatch rows)
{
    Int32Array ids = (Int32Array)rows.Column("id");
    DataFrame frame = DataFrame.FromArrowRecordBatch(rows);
    Console.WriteLine($"{name}, ids in Arrow: {string.Join(", ", Enumerable.Range(0, rows.Length).Select(ids.GetValue))}");
    foreach (DataFrameRow row in frame.Rows)
        Console.WriteLine($"  {row[0] ?? "null"}, {row[1]}, {row[2]:yyyy-MM-dd}");
    Console.WriteLine($"  missing ids: {frame["id"].NullCount}, sum: {frame["id"].Sum()}");
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.Data.Analysis $version, Apache.Arrow $arrow"
echo "$seen"
expected="slice, ids in Arrow: 4, 5, 6
  0, one, 2026-01-04
  2, two, 2026-01-05
  3, three, 2026-01-06
  missing ids: 0, sum: 5
slice that was written and read, ids in Arrow: 4, 5, 6
  4, four, 2026-01-04
  5, five, 2026-01-05
  6, six, 2026-01-06
  missing ids: 0, sum: 15"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: of a slice, the DataFrame has the first rows of the batch."
