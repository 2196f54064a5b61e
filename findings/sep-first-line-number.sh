#!/usr/bin/env bash
# Sep 0.17.1: without a header, the first row of a file says that it is on line 2, as the second does.
#
# Expected: a row's LineNumberFrom is the number of the line on which it begins: without a header 1, 2, 3 for three rows of one line each.
# Seen:     with HasHeader = false it is 2, 2, 3. With a header the rows behind it have 2 and 3, as they should.
# So a program that reads files without a header and names lines in its messages counts the first row itself.
set -euo pipefail
version=0.17.1
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
    <PackageReference Include="Sep" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using nietras.SeparatedValues;

foreach (bool hasHeader in (bool[])[true, false])
{
    using SepReader reader = Sep.Reader(options => options with { HasHeader = hasHeader }).FromText("a,b\n1,2\n3,4\n");
    List<string> lines = [];
    foreach (SepReader.Row row in reader)
        lines.Add($"{row[0]} on line {row.LineNumberFrom}");
    Console.WriteLine($"header {hasHeader}: {string.Join(", ", lines)}");
}
EOF

dotnet build -v q --nologo -o out >build.log 2>&1 || { cat build.log; exit 1; }
found=$(dotnet out/finding.dll)
expected='header True: 1 on line 2, 3 on line 3
header False: a on line 2, 1 on line 2, 3 on line 3'
echo "Sep $version"
echo "$found"
if [ "$found" != "$expected" ]; then
    echo "This has changed." >&2
    exit 1
fi
