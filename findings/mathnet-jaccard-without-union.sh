#!/usr/bin/env bash
# MathNet.Numerics 5.0.0: the Jaccard distance of two sets that share an element is 0, and that of two that share none is not a number.
#
# Expected: 1 - the Jaccard index, as documented: the index is the size of the intersection divided by that of the union, which has what is in
#           either set. Two of two words in common is 0, one of three is 0.67, none is 1.
# Seen:     the union is counted like the intersection, as what is in both: any two sets of 0 and 1 that share something have distance 0, and any
#           two that share nothing 0 / 0. And Canberra, the other distance for counts, is not a number where both vectors have a 0 in one
#           place; SciPy counts that place as 0, and R leaves it out.
# So with bags of words, fingerprints or one-hot features, which are mostly zeros, nearest neighbors are whoever shares anything, and clusters
# fall apart on NaN; count the union by hand.
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
using MathNet.Numerics;

(string, double[], double[])[] pairs =
[
    ("the same", [1, 1, 0, 0], [1, 1, 0, 0]),
    ("one of three", [1, 1, 0, 0], [1, 0, 1, 0]),
    ("one of four", [1, 1, 1, 0], [0, 0, 1, 1]),
    ("none", [1, 1, 0, 0], [0, 0, 1, 1]),
];
foreach ((string common, double[] a, double[] b) in pairs)
{
    int both = a.Zip(b).Count(pair => pair is (1, 1));
    int either = a.Zip(b).Count(pair => pair is not (0, 0));
    double expected = 1 - (double)both / either;
    Console.WriteLine(FormattableString.Invariant($"Jaccard, {common} in common: {Distance.Jaccard(a, b):0.00}, expected {expected:0.00}"));
}
Console.WriteLine(FormattableString.Invariant($"Canberra of (1, 2) and (3, 4): {Distance.Canberra([1, 2], [3, 4]):0.00}"));
Console.WriteLine(FormattableString.Invariant($"Canberra of (1, 0, 2) and (3, 0, 4): {Distance.Canberra([1.0, 0, 2], [3.0, 0, 4]):0.00}"));
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "MathNet.Numerics $version"
echo "$seen"
cat >expected <<'EOF'
Jaccard, the same in common: 0.00, expected 0.00
Jaccard, one of three in common: 0.00, expected 0.67
Jaccard, one of four in common: 0.00, expected 0.75
Jaccard, none in common: NaN, expected 1.00
Canberra of (1, 2) and (3, 4): 0.83
Canberra of (1, 0, 2) and (3, 0, 4): NaN
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: the union is taken for the intersection."
