#!/usr/bin/env bash
# Microsoft.SemanticKernel.Core 1.82.0: the schema of a kernel function says its description under "condition".
#
# Expected: what a function is for stands under "description", a keyword of JSON Schema, as the texts of the parameters in the same
#           schema do, or is left to AIFunction.Description, as Microsoft.Extensions.AI's own functions leave it.
# Seen:     KernelFunction.JsonSchema, which every IChatClient gets as the function's schema, has the text under "condition", which is
#           no keyword of any draft. Nothing fails: whoever validates with the schema passes over it.
# So a model whose template writes schemas reads a key that its training never had, and a client that refuses unknown keywords refuses
# every kernel function that is described.
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
using System.ComponentModel;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

Delegate price = [Description("Tells a price.")] ([Description("The item.")] string item) => 12;
Show("kernel", KernelFunctionFactory.CreateFromMethod(price, "price"));
Show("extensions", AIFunctionFactory.Create(price, "price"));

static void Show(string name, AIFunction function)
{
    var schema = function.JsonSchema;
    string parameter = schema.GetProperty("properties").GetProperty("item").GetProperty("description").GetString()!;
    Console.WriteLine($"{name}: {string.Join(" ", schema.EnumerateObject().Select(property => property.Name).Order())}; "
        + $"of the function '{function.Description}', of its parameter '{parameter}'");
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.SemanticKernel.Core $version"
echo "$seen"
expected="kernel: condition properties required type; of the function 'Tells a price.', of its parameter 'The item.'
extensions: properties required type; of the function 'Tells a price.', of its parameter 'The item.'"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
