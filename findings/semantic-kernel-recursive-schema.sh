#!/usr/bin/env bash
# Microsoft.SemanticKernel.Core 1.82.0: references in the schema of a kernel function lead nowhere, or to the function's own arguments.
#
# Expected: a parameter of a type that has itself as a member is described by references to where the type stands in the function's schema,
#           as Microsoft.Extensions.AI's own functions do it: #/properties/tree.
# Seen:     the schema of each parameter is made as a document of its own and put into the function's schema as it is. "#", which was the
#           parameter's type, is the object of all arguments there, and "#/properties/Kids" is no place.
# So a client that resolves references asks a model to write arguments where a subtree belongs, and refuses the right ones, or refuses the
# schema. Parameters without recursion are not affected.
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
    <PackageReference Include="Microsoft.Extensions.AI" Version="[10.11.0]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

Delegate count = (Tree tree) => 1;
Show("kernel", KernelFunctionFactory.CreateFromMethod(count, "count"));
Show("extensions", AIFunctionFactory.Create(count, "count"));

static void Show(string name, AIFunction function)
{
    foreach (string reference in References(function.JsonSchema))
        Console.WriteLine($"{name}: {reference} leads to {Follow(function.JsonSchema, reference)}");
}

static IEnumerable<string> References(JsonElement schema) => schema.ValueKind switch
{
    JsonValueKind.Object => schema.EnumerateObject().SelectMany(
        member => member.Name == "$ref" ? [member.Value.GetString()] : References(member.Value)),
    JsonValueKind.Array => schema.EnumerateArray().SelectMany(References),
    _ => [],
};

static string Follow(JsonElement schema, string reference)
{
    JsonElement place = schema;
    foreach (string part in reference.Split('/').Skip(1))
    {
        if (!place.TryGetProperty(part, out place))
            return "no place";
    }

    string names = place.TryGetProperty("properties", out JsonElement members)
        ? string.Join(", ", members.EnumerateObject().Select(member => member.Name))
        : "no members";
    return $"{place.GetProperty("type")} with {names}";
}

sealed record Tree(string Name, List<Tree> Kids, Tree First);
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.SemanticKernel.Core $version, Microsoft.Extensions.AI 10.11.0"
echo "$seen"
expected='kernel: # leads to object with tree
kernel: #/properties/Kids leads to no place
kernel: #/properties/First leads to no place
extensions: #/properties/tree leads to object with name, kids, first
extensions: #/properties/tree/properties/kids leads to ["array","null"] with no members
extensions: #/properties/tree/properties/first leads to ["object","null"] with name, kids, first'
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
