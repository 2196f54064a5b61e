#!/usr/bin/env bash
# Microsoft.ML 5.0.1: NormalizeLogMeanVariance with useCdf: false takes no logarithms of what it normalizes.
#
# Expected: it normalizes "based on the computed mean and variance of the logarithm of the data", as documented: each step from 1 to 10, 100,
#           1000 and 10000 is the same distance, and the mean of the results is 0 and their deviation 1. useCdf decides only whether the result
#           goes through the normal distribution as well.
# Seen:     mean and deviation are those of the logarithms, and are applied to the numbers themselves: 10000 becomes 3070. With useCdf: true,
#           the default, logarithms are taken: the results are 0.08 to 0.92, at the right distances.
# So amounts, counts and times, for which it is chosen, go into a linear model with the long tail that they had, hundreds of deviations away
# from the rest; take the logarithm in a CustomMapping (or Expression) and then NormalizeMeanVariance.
set -euo pipefail
version=5.0.1
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
    <PackageReference Include="Microsoft.ML" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
MLContext context = new(1);
Row[] rows = [.. new[] { 1f, 10, 100, 1000, 10000 }.Select(value => new Row { X = value })];
IDataView data = context.Data.LoadFromEnumerable(rows);

double[] logs = [.. rows.Select(row => Math.Log(row.X))];
double mean = logs.Average(), deviation = Math.Sqrt(logs.Average(log => (log - mean) * (log - mean)));
Print("expected without CDF", logs.Select(log => (log - mean) / deviation));
Print("seen without CDF", Normalize(useCdf: false));
Print("seen with CDF", Normalize(useCdf: true));

IEnumerable<double> Normalize(bool useCdf) =>
    context.Transforms.NormalizeLogMeanVariance("Y", "X", useCdf: useCdf).Fit(data).Transform(data).GetColumn<float>("Y").Select(value => (double)value);

static void Print(string name, IEnumerable<double> values) =>
    Console.WriteLine($"{name}: {string.Join("  ", values.Select(value => (Math.Round(value, 2) + 0).ToString("0.00")))}");

sealed class Row
{
    public float X { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML $version"
echo "$seen"
cat >expected <<'EOF'
expected without CDF: -1.41  -0.71  0.00  0.71  1.41
seen without CDF: -1.11  1.66  29.30  305.68  3069.51
seen with CDF: 0.08  0.24  0.50  0.76  0.92
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: the logarithm is left out."
