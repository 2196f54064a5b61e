#!/usr/bin/env bash
# System.Numerics.Tensors 11.0.0 on .NET 10: what TensorPrimitives computes from a number depends on how many numbers it is given.
#
# Expected: each element is computed by itself: Remainder is the operator %, as documented, Exp of 0 is 1, and Tanh keeps the sign and next
#           to 0 the value of its argument, in a span of three elements and in one of four. The last bit may differ, not more.
# Seen:     up to three floats they do. From four on, vectors compute: the remainder of 1E+09 and 7 is 64, more than the divisor, that of 0.9
#           and 0.1 is negative, that of 5 and infinity is NaN. Exp of 0 is 1.0000001, so that weights of zero logits are not 1. Tanh of 1E-20
#           is -6E-08.
# So a unit test over three numbers passes and the batch is wrong. Angles, phases and hash buckets are reduced with % in a loop; for small
# arguments MathF.Tanh and MathF.Exp are exact.
set -euo pipefail
version=11.0.0
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
    <PackageReference Include="System.Numerics.Tensors" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Globalization;
using System.Numerics.Tensors;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
foreach ((float value, float divisor) in new[] { (1e9f, 7f), (0.9f, 0.1f), (100f, 0.1f), (5f, float.PositiveInfinity) })
    Show($"{value:g3} % {divisor:g3}", value % divisor, value, (x, result) => TensorPrimitives.Remainder(x, divisor, result));
Show("exp(0)", MathF.Exp(0), 0, TensorPrimitives.Exp);
Show("tanh(1E-20)", MathF.Tanh(1e-20f), 1e-20f, TensorPrimitives.Tanh);

static void Show(string what, float scalar, float value, Function function)
{
    float[] firsts = [.. new[] { 3, 4 }.Select(count =>
    {
        float[] x = new float[count];
        Array.Fill(x, value);
        float[] result = new float[count];
        function(x, result);
        return result[0];
    })];
    Console.WriteLine($"{what}: {scalar:g8}, of three {firsts[0]:g8}, of four {firsts[1]:g8}");
}

delegate void Function(ReadOnlySpan<float> x, Span<float> result);
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "System.Numerics.Tensors $version"
echo "$seen"
expected="1e+09 % 7: 6, of three 6, of four 64
0.9 % 0.1: 0.099999964, of three 0.099999964, of four -5.9604645e-08
100 % 0.1: 0.099998511, of three 0.099998511, of four 0
5 % Infinity: 5, of three 5, of four NaN
exp(0): 1, of three 1, of four 1.0000001
tanh(1E-20): 9.9999997e-21, of three 9.9999997e-21, of four -5.9604645e-08"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: from four numbers on the results are others."
