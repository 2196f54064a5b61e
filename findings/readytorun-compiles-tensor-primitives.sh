#!/usr/bin/env bash
# .NET 10 and System.Numerics.Tensors 10.0.14 (seen with 10.0.12, x64 with AVX-512): a program that is published with PublishReadyToRun, its
# libraries included, still compiles the vector operations that it calls.
#
# Expected: the published folder holds machine code of TensorPrimitives, so that a softmax (Max, Subtract, Exp, Divide) of a few floats
#           compiles next to nothing when it first runs: that is what the precompilation is for.
# Seen:     33 methods are compiled at their first call, which took some 30 ms in a program that waits for its first token. Each operation is
#           a chain of generic methods over types of another assembly, which are in no image, and their code for 512-bit vectors is left to
#           the running processor; with AVX-512 switched off 30 are compiled. A dictionary that is frozen with an enumeration as its values
#           compiles 29 methods; a switch over the names none.
# The check counts methods (JitInfo), not times.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >finding.csproj <<'EOF'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <RuntimeIdentifier>linux-x64</RuntimeIdentifier>
    <SelfContained>false</SelfContained>
    <PublishReadyToRun>true</PublishReadyToRun>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="System.Numerics.Tensors" Version="10.0.14" />
  </ItemGroup>
</Project>
EOF
cat >Program.cs <<'EOF'
using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Numerics.Tensors;
using System.Runtime;

float[] x = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
long loop = Count(() =>
{
    float sum = 0;
    foreach (float value in x)
        sum += MathF.Exp(value - 20);
    return sum;
});
long tensors = Count(() =>
{
    TensorPrimitives.Subtract(x, TensorPrimitives.Max<float>(x), x);
    TensorPrimitives.Exp<float>(x, x);
    TensorPrimitives.Divide(x, 2f, x);
    return x[0];
});
long frozen = Count(() => new Dictionary<string, Kind> { ["F32"] = Kind.Single, ["F16"] = Kind.Half }.ToFrozenDictionary()["F32"] == Kind.Half ? 1 : 0);
Console.WriteLine($"{loop} {tensors} {frozen}");

static long Count(Func<float> work)
{
    long before = JitInfo.GetCompiledMethodCount();
    work();
    return JitInfo.GetCompiledMethodCount() - before;
}

internal enum Kind
{
    Single,
    Half,
}
EOF

dotnet publish -c Release -o out >publish.log 2>&1 || { cat publish.log; exit 1; }
read -r loop tensors frozen < <(./out/finding)
read -r _ narrow _ < <(DOTNET_EnableAVX512=0 ./out/finding)
echo "methods compiled at the first call: a loop of its own $loop, four tensor operations $tensors (without AVX-512 $narrow), a frozen dictionary $frozen"
[ "$loop" -le 3 ] && [ "$tensors" -ge 20 ] && [ "$narrow" -ge 20 ] && [ "$frozen" -ge 8 ] || { echo "changed"; exit 1; }
echo "as described"
