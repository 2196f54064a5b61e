#!/usr/bin/env bash
# Microsoft.SemanticKernel.Abstractions 1.82.0: a response_format that is neither a known name nor a JsonElement disappears.
#
# Expected: a format that ToChatOptions does not understand is refused, or handed on like any other setting that it does not know.
# Seen:     {"type": "json_object"} as JSON becomes a JSON format (as if it were a schema); the same as a dictionary, which is what the
#           reader of prompt files in YAML hands over (with texts for all scalars), becomes null, and so does a misspelt name.
# So a prompt in YAML whose format is a mapping gets free text, without an error or a line in the log.
set -euo pipefail
version=1.82.0
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
    <PackageReference Include="Microsoft.SemanticKernel.Core" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Text.Json;
using Microsoft.SemanticKernel;

Console.WriteLine($"JSON: {Format(JsonElement.Parse("""{"type": "json_object"}"""))}");
Console.WriteLine($"dictionary: {Format(new Dictionary<object, object> { ["type"] = "json_object" })}");
Console.WriteLine($"misspelt name: {Format("json_objekt")}");

static string Format(object value)
{
    PromptExecutionSettings settings = new() { ExtensionData = new Dictionary<string, object> { ["response_format"] = value } };
    var options = settings.ToChatOptions(new Kernel());
    return $"{options.ResponseFormat?.GetType().Name ?? "null"}, {options.AdditionalProperties?.Count ?? 0} other settings";
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.SemanticKernel.Core $version"
echo "$seen"
expected="JSON: ChatResponseFormatJson, 0 other settings
dictionary: null, 0 other settings
misspelt name: null, 0 other settings"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: the kernel drops a format without a word."
