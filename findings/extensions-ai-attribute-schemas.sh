#!/usr/bin/env bash
# Microsoft.Extensions.AI.Abstractions 10.11.0: ordinary validation attributes become schemas that are none, or no schema at all.
#
# Expected: the attributes that a schema is made of say what they say in .NET's validation, or nothing.
# Seen:     [Range(typeof(decimal), "0.01", "99.5")], the only way to give a decimal exact bounds, becomes "minimum": "0.01": a text, where
#           JSON Schema has numbers only, and a date gets such a "minimum" too. [MaxLength] without a number, which is the longest that a
#           database takes, becomes "maxLength": -1 or "maxItems": -1, which JSON Schema forbids. With [Range(0, double.PositiveInfinity)],
#           which is "not negative" in validation, AIFunctionFactory.Create throws, and names neither the attribute nor the parameter.
# So a service that checks schemas refuses the whole request, one that does not passes over the bounds, and a function with an attribute
# that worked in validation for years cannot be offered at all.
set -euo pipefail
version=10.11.0
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
    <PackageReference Include="Microsoft.Extensions.AI.Abstractions" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.Extensions.AI;

Show("decimal", ([Range(typeof(decimal), "0.01", "99.5")] decimal value) => 1);
Show("date", ([Range(typeof(DateTime), "2020-01-01", "2021-01-01")] DateTime value) => 1);
Show("text", ([MaxLength] string value) => 1);
Show("list", ([MaxLength] string[] value) => 1);
Show("infinity", ([Range(0, double.PositiveInfinity)] double value) => 1);
Console.WriteLine($"infinity in validation: {new RangeAttribute(0, double.PositiveInfinity).IsValid(1e300)}");

static void Show(string name, Delegate method)
{
    try
    {
        var value = AIFunctionFactory.Create(method, "give").JsonSchema.GetProperty("properties").GetProperty("value");
        Console.WriteLine($"{name}: {JsonSerializer.Serialize(value)}");
    }
    catch (ArgumentException exception)
    {
        Console.WriteLine($"{name}: {exception.GetType().Name}, names the parameter: {exception.Message.Contains("'value'")}");
    }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.Extensions.AI.Abstractions $version"
echo "$seen"
expected='decimal: {"type":"number","minimum":"0.01","maximum":"99.5"}
date: {"type":"string","format":"date-time","minimum":"2020-01-01","maximum":"2021-01-01"}
text: {"type":"string","maxLength":-1}
list: {"type":"array","items":{"type":"string"},"maxItems":-1}
infinity: ArgumentException, names the parameter: False
infinity in validation: True'
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
