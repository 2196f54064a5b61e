#!/usr/bin/env bash
# MathNet.Numerics 5.0.0: after one missing value, MovingStatistics has a variance that is too large, for good, and may look at another window.
#
# Expected: NaN as long as a NaN is in the window, as documented, and the statistics of the last values when it has left.
# Seen:     the sum of squares of before the gap is kept and added to that of after it, and every later variance carries it. The place of the
#           oldest value is kept too: until the window has gone round once more, values leave it in another order than they came, so that mean,
#           minimum and maximum are those of other values. Nothing is NaN any more, and nothing is thrown. An infinite value does the same.
# So bands and alarms over a sensor's series are too wide from its first gap on; begin a new MovingStatistics there.
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

double[] values = [10, 11, 12, 13, 14, 15, double.NaN, 16, 10, 11, 12, 13, 14, 15, 16, 10, 11, 12, 13, 14, 15, 16, 10, 11, 12, 13];
const int Size = 4;
MovingStatistics moving = new(Size);
for (int i = 0; i < values.Length; i++)
{
    moving.Push(values[i]);
    if (i is 5 or 9 or 11 or 12 or 13 or 25)
    {
        double[] window = values[(i - Size + 1)..(i + 1)];
        Console.WriteLine($"{i}: {Text(moving.Mean, moving.Variance, moving.Minimum, moving.Maximum)}");
        Console.WriteLine($"  expected {Text(window.Mean(), window.Variance(), window.Min(), window.Max())}");
    }
}

static string Text(double mean, double variance, double minimum, double maximum) =>
    FormattableString.Invariant($"mean {mean:0.00}, variance {variance:0.00}, from {minimum} to {maximum}");
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "MathNet.Numerics $version"
echo "$seen"
cat >expected <<'EOF'
5: mean 13.50, variance 1.67, from 12 to 15
  expected mean 13.50, variance 1.67, from 12 to 15
9: mean NaN, variance NaN, from NaN to NaN
  expected mean NaN, variance NaN, from NaN to 16
11: mean 12.75, variance 7.92, from 10 to 16
  expected mean 11.50, variance 1.67, from 10 to 13
12: mean 13.25, variance 7.92, from 10 to 16
  expected mean 12.50, variance 1.67, from 11 to 14
13: mean 13.00, variance 6.33, from 10 to 15
  expected mean 13.50, variance 1.67, from 12 to 15
25: mean 11.50, variance 3.33, from 10 to 13
  expected mean 11.50, variance 1.67, from 10 to 13
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: the variance keeps what was before the gap."
