#!/usr/bin/env bash
# Microsoft.ML 5.0.1: numbers that become texts lose what is behind their seventh digit, so that different numbers are one category.
#
# Expected: ConvertType from Single to String writes a number so that it can be read back, as .NET's ToString does since .NET Core 3.0, and
#           as ML.NET itself does in SaveAsText. A Single holds every whole number up to 16,777,216.
# Seen:     the customers 10000001 to 10000004 are all "1E+07", and become one key, and so one column of a one-hot encoding. Without the
#           conversion to text they are four keys; SaveAsText writes all eight digits.
# So numbers that are ids are merged without an error when they are made texts; read such columns as text in the first place.
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
float[] customers = [10000001, 10000002, 10000003, 10000004];
IDataView rows = context.Data.LoadFromEnumerable(customers.Select(customer => new Row { Customer = customer }));
IDataView view = context.Transforms.Conversion.ConvertType("Text", "Customer", DataKind.String)
    .Append(context.Transforms.Conversion.MapValueToKey("KeyOfText", "Text"))
    .Append(context.Transforms.Conversion.MapValueToKey("KeyOfNumber", "Customer"))
    .Fit(rows).Transform(rows);
using MemoryStream file = new();
context.Data.SaveAsText(rows, file, headerRow: false, schema: false);
Console.WriteLine($"SaveAsText: {System.Text.Encoding.UTF8.GetString(file.ToArray()).Trim().ReplaceLineEndings(", ")}");
Console.WriteLine($"as text: {string.Join(", ", view.GetColumn<string>("Text"))}");
Console.WriteLine($"keys of the numbers: {string.Join(", ", view.GetColumn<uint>("KeyOfNumber"))}");
Console.WriteLine($"keys of the texts: {string.Join(", ", view.GetColumn<uint>("KeyOfText"))}");

sealed class Row
{
    public float Customer { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML $version"
echo "$seen"
expected="SaveAsText: 10000001, 10000002, 10000003, 10000004
as text: 1E+07, 1E+07, 1E+07, 1E+07
keys of the numbers: 1, 2, 3, 4
keys of the texts: 1, 1, 1, 1"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: four numbers are one text."
