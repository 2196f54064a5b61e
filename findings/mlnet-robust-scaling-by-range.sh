#!/usr/bin/env bash
# Microsoft.ML 5.0.1: NormalizeRobustScaling scales by the smallest and the largest value, and one missing value makes all of them NaN.
#
# Expected: statistics "that are robust to outliers", as documented: the median is subtracted, and the rest divided by the range between two
#           quantiles (25 and 75 if not told otherwise), so that a single absurd value changes next to nothing. Gaps stay gaps, as with the
#           other normalizers.
# Seen:     no quantile is computed. The divisor is (largest - smallest) * (quantileMax - quantileMin) / 100, which is right only for numbers
#           that are spread evenly. One reading of a million among a hundred makes all others zeros, and 0 to 50 is the same as 25 to 75. With
#           one NaN among the rows everything is NaN; with NormalizeMeanVariance that one row is.
# So columns with outliers, for which it is chosen, are squeezed together as by NormalizeMinMax, without an error; compute the quantiles, and
# scale with a CustomMapping.
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
float[] even = [.. Enumerable.Range(0, 101)];
Print("0 to 100", even);
Print("0 to 99 and a million", [.. even[..^1], 1e6f]);
Print("0 to 99 and a gap", [.. even[..^1], float.NaN]);

static void Print(string name, float[] values)
{
    Console.WriteLine(name);
    MLContext context = new(1);
    IDataView data = context.Data.LoadFromEnumerable(values.Select(value => new Row { X = value }).ToArray());
    foreach ((uint from, uint to) in new[] { (25u, 75u), (0u, 50u) })
    {
        var robust = context.Transforms.NormalizeRobustScaling("Y", "X", quantileMin: from, quantileMax: to);
        float[] seen = [.. robust.Fit(data).Transform(data).GetColumn<float>("Y")];
        double range = Quantile(values, to) - Quantile(values, from), median = Quantile(values, 50);
        Console.WriteLine($"  {from} to {to}: {Text(seen[25])} to {Text(seen[75])}, " +
            $"expected {Text((25 - median) / range)} to {Text((75 - median) / range)}");
    }
    float[] usual = [.. context.Transforms.NormalizeMeanVariance("Y", "X", fixZero: false).Fit(data).Transform(data).GetColumn<float>("Y")];
    Console.WriteLine($"  NormalizeMeanVariance: {Text(usual[25])} to {Text(usual[75])}");
}

static double Quantile(float[] values, double percent)
{
    float[] known = [.. values.Where(float.IsFinite).Order()];
    double place = percent / 100 * (known.Length - 1);
    int below = (int)place;
    return below + 1 == known.Length ? known[below] : known[below] + (place - below) * (known[below + 1] - known[below]);
}

// Adding 0 makes a 0 of what is rounded to -0.
static string Text(double value) => (Math.Round(value, 2) + 0).ToString("0.00");

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
0 to 100
  25 to 75: -0.50 to 0.50, expected -0.50 to 0.50
  0 to 50: -0.50 to 0.50, expected -0.50 to 0.50
  NormalizeMeanVariance: -0.86 to 0.86
0 to 99 and a million
  25 to 75: 0.00 to 0.00, expected -0.50 to 0.50
  0 to 50: 0.00 to 0.00, expected -0.50 to 0.50
  NormalizeMeanVariance: -0.10 to -0.10
0 to 99 and a gap
  25 to 75: NaN to NaN, expected -0.49 to 0.52
  0 to 50: NaN to NaN, expected -0.49 to 0.52
  NormalizeMeanVariance: -0.85 to 0.88
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: the scale is that of the largest and the smallest value."
