#!/usr/bin/env bash
# MathNet.Numerics 5.0.0: EffectiveSampleSize of RunningWeightedStatistics depends on the unit of the weights, and not on how many there are.
#
# Expected: Kish's effective sample size, as documented: the square of the sum of the weights, divided by the sum of their squares. A hundred
#           equal weights have 100, whatever they are, and a hundred of which one outweighs all the others nearly 1.
# Seen:     it is the sum of the squares divided by the sum: 1 for a hundred weights of 1, 0.01 if they add up to 1, and the larger, the more
#           unequal the weights are: the more a single sample counts.
# So a particle filter or an importance sampler that resamples when the effective size is small does so at the wrong time: with weights that add
# up to 1 always; divide the square of TotalWeight by a sum of squares of one's own.
set -euo pipefail
version=5.0.0
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
    <PackageReference Include="MathNet.Numerics" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using MathNet.Numerics.Statistics;

Print("100 weights of 1", Enumerable.Repeat(1.0, 100));
Print("100 weights of 0.01", Enumerable.Repeat(0.01, 100));
Print("one weight of 0.99, 99 of 0.0001", [0.99, .. Enumerable.Repeat(0.0001, 99)]);

static void Print(string name, IEnumerable<double> weights)
{
    RunningWeightedStatistics statistics = new();
    foreach ((int i, double weight) in weights.Index())
        statistics.Push(weight, i);
    double expected = Math.Pow(weights.Sum(), 2) / weights.Sum(weight => weight * weight);
    Console.WriteLine(FormattableString.Invariant($"{name}: {statistics.EffectiveSampleSize:0.00}, expected {expected:0.00}"));
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "MathNet.Numerics $version"
echo "$seen"
cat >expected <<'EOF'
100 weights of 1: 1.00, expected 100.00
100 weights of 0.01: 0.01, expected 100.00
one weight of 0.99, 99 of 0.0001: 0.98, expected 1.02
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: the fraction stands on its head."
