#!/usr/bin/env bash
# Microsoft.SemanticKernel.Core 1.82.0: a kernel function does not read the arguments that its own schema asks for.
#
# Expected: arguments that satisfy the schema of a kernel function's parameters reach its method.
# Seen:     the schema of a List<Zone> has the names of the enum, but only its numbers are read. FunctionCallContentBuilder, which puts the
#           calls of a stream together, makes a text of every argument, and a text of a date is no longer read as a DateOnly.
# So with autoInvoke: false such calls of a stream fail, whatever model wrote them. A JsonStringEnumConverter on the enum itself helps.
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
using Microsoft.SemanticKernel.ChatCompletion;

Kernel kernel = new();
KernelFunction zones = KernelFunctionFactory.CreateFromMethod((List<Zone> value) => string.Join(' ', value), "zones");
KernelFunction day = KernelFunctionFactory.CreateFromMethod((DateOnly value) => $"{value:yyyy-MM-dd}", "day");
kernel.Plugins.AddFromFunctions("p", [zones, day]);

Console.WriteLine($"schema: {zones.Metadata.Parameters[0].Schema}");
Console.WriteLine($"names: {await Invoke(zones, """["UTC"]""")}");
Console.WriteLine($"numbers: {await Invoke(zones, "[1]")}");
Console.WriteLine($"date as JSON: {await Invoke(day, "\"2026-11-29\"")}");
StreamingChatMessageContent part = new(AuthorRole.Assistant, null);
part.Items.Add(new StreamingFunctionCallUpdateContent("1", "p-day", """{"value": "2026-11-29"}"""));
FunctionCallContentBuilder builder = new();
builder.Append(part);
object? written = builder.Build()[0].Arguments!["value"];
Console.WriteLine($"date of a stream: {written!.GetType().Name}, {await InvokeValue(day, written)}");

Task<string> Invoke(KernelFunction function, string json) => InvokeValue(function, JsonElement.Parse(json));

async Task<string> InvokeValue(KernelFunction function, object? value)
{
    try
    {
        return (await function.InvokeAsync(kernel, new KernelArguments { ["value"] = value })).ToString();
    }
    catch (Exception exception)
    {
        return exception.GetType().Name;
    }
}

enum Zone { GMT, UTC }
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.SemanticKernel.Core $version"
echo "$seen"
expected='schema: {"type":"array","items":{"type":"string","enum":["GMT","UTC"]}}
names: ArgumentException
numbers: UTC
date as JSON: 2026-11-29
date of a stream: String, ArgumentException'
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: the kernel function reads less than its schema allows."
