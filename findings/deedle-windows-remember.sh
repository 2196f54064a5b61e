#!/usr/bin/env bash
# Deedle 8.1.0: one extreme value spoils every later window of movingMean and movingStdDev, and times have no standard deviation.
#
# Expected: a window over four values has the mean and the deviation of four values: what has left it does not count. A deviation does not depend
#           on where zero is, such as that of seconds since 1970.
# Seen:     sums and sums of squares run through the whole series, and what leaves is subtracted. Behind an infinite value (the logarithm of a
#           0) all means are missing to the end of the series, behind a reading of 1E10 among ones around 20 all deviations. Of seconds since
#           1970 they are 26 or 0 in place of 1.7 and 1.3, and Stats.stdDev of the whole series is missing. Nothing is thrown.
# So one glitch of a sensor ends the bands of a whole year, where missing is documented for windows without values; take out what is not finite
# or absurd first, subtract the first value from large numbers, and compute the windows (Series.windowInto) by hand.
set -euo pipefail
version=8.1.0
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
    <PackageReference Include="Deedle" Version="[$version]" />
    <PackageReference Include="FSharp.Core" Version="[10.1.300]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using Deedle;

double[] values = [.. Enumerable.Range(0, 1000).Select(i => 20 + Math.Sin(i))];
double[] glitch = [.. values];
glitch[8] = 1e10;
double[] infinite = [.. values];
infinite[8] = double.NegativeInfinity;
double[] times = [.. Enumerable.Range(0, 1000).Select(i => 1_750_000_000.0 + i % 5)];
(string, double[])[] all = [("steady", values), ("one reading of 1E10", glitch), ("one of -Infinity", infinite), ("times", times)];
foreach ((string name, double[] series) in all)
{
    Series<int, double> means = Stats.movingMean<int, double>(4, series.ToOrdinalSeries());
    Series<int, double> deviations = Stats.movingStdDev<int, double>(4, series.ToOrdinalSeries());
    foreach (int end in new[] { 20, 999 })
    {
        Console.WriteLine($"{name}, window up to {end}: {Text(Get(means, end), Get(deviations, end))}");
        Console.WriteLine($"  expected: {Text(series[(end - 3)..(end + 1)])}");
    }
}
Console.WriteLine($"times, all: {Text(Stats.mean(times.ToOrdinalSeries()), Stats.stdDev(times.ToOrdinalSeries()))}");
Console.WriteLine($"  expected: {Text(times)}");

static double Get(Series<int, double> series, int key) => series.TryGet(key) is { HasValue: true } found ? found.Value : double.NaN;

static string Text(params double[] values) => values.Length > 2
    ? Text(values.Average(), Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(), 2)) / (values.Length - 1)))
    : $"mean {Number(values[0])}, deviation {Number(values[1])}";

static string Number(double value) => double.IsNaN(value) ? "missing" : FormattableString.Invariant($"{value:0.00}");
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Deedle $version"
echo "$seen"
cat >expected <<'EOF'
steady, window up to 20: mean 19.84, deviation 0.86
  expected: mean 19.84, deviation 0.86
steady, window up to 999: mean 19.53, deviation 0.47
  expected: mean 19.53, deviation 0.47
one reading of 1E10, window up to 20: mean 19.84, deviation missing
  expected: mean 19.84, deviation 0.86
one reading of 1E10, window up to 999: mean 19.53, deviation missing
  expected: mean 19.53, deviation 0.47
one of -Infinity, window up to 20: mean missing, deviation missing
  expected: mean 19.84, deviation 0.86
one of -Infinity, window up to 999: mean missing, deviation missing
  expected: mean 19.53, deviation 0.47
times, window up to 20: mean 1750000002.25, deviation 26.13
  expected: mean 1750000002.25, deviation 1.71
times, window up to 999: mean 1750000002.50, deviation 0.00
  expected: mean 1750000002.50, deviation 1.29
times, all: mean 1750000002.00, deviation missing
  expected: mean 1750000002.00, deviation 1.41
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: what has left a window still counts."
