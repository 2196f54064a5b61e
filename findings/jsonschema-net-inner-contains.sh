#!/usr/bin/env bash
# JsonSchema.Net 7.4.0: minContains and maxContains are judged wrongly where the subschema of contains has a contains of its own or
# where they stand in an "if", and a check of "type" throws on whole numbers that a decimal cannot hold.
#
# Expected: draft 2020-12: with minContains: 0 every array is valid (core 10.3.1.3, validation 6.4.5), and ["a", "b"] has two matches,
#           more than maxContains: 1, so that "if" fails and "then" does not count. A JSON number has any number of digits.
# Seen:     invalid, invalid, invalid; FormatException for 30 digits, although 1e40 is judged.
# What helps: another judge for these keywords, and numbers within a decimal's range.
set -euo pipefail
version=7.4.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export NUGET_PACKAGES="$folder/packages"

cat >finding.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="JsonSchema.Net" Version="[$version]" />
  </ItemGroup>
</Project>
EOF
cat >Program.cs <<'EOF'
using System;
using System.Text.Json.Nodes;
using Json.Schema;

Judge("""{"contains": {"type": "array", "contains": {"type": "string"}, "minContains": 1}, "minContains": 0}""", "[[1]]");
Judge("""{"contains": {"type": "array", "contains": {"type": "string"}, "minContains": 1}, "minContains": 0}""", "[1]");
Judge("""{"if": {"contains": {"type": "string"}, "maxContains": 1}, "then": {"maxItems": 1}}""", """["a", "b"]""");
Judge("""{"type": "integer"}""", "123456789012345678901234567890");
Judge("""{"type": "number"}""", "1e40");

static void Judge(string schema, string instance)
{
    string verdict;
    try
    {
        verdict = JsonSchema.FromText(schema).Evaluate(JsonNode.Parse(instance)).IsValid ? "valid" : "invalid";
    }
    catch (Exception exception)
    {
        verdict = exception.GetType().Name;
    }

    Console.WriteLine($"seen: {schema} {instance}: {verdict}");
}
EOF
dotnet run | tee seen.txt
diff <(sed 's/.*: //' seen.txt) - <<'EOF' && echo "as found"
invalid
invalid
invalid
FormatException
valid
EOF
