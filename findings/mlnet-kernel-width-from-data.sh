#!/usr/bin/env bash
# Microsoft.ML 5.0.1: the kernel that ApproximatedKernelMap approximates is not the one that it is given, but one that depends on the data.
#
# Expected: inner products of the mapped vectors are close to the kernel, as documented: for GaussianKernel(gamma) exp(-gamma * |x - y|²), for
#           LaplacianKernel(a) exp(-a * |x - y|). Vectors that are a thousand times as long are far apart.
# Seen:     the coefficient is divided by the median distance of pairs of the rows that Fit sees (squared for the Gaussian kernel). In metres
#           and in kilometres the same rows have the same features. One far row more or less, or another day's rows, is another kernel.
# So a gamma that was found with another library or on a sample means something else here, and two models with the same gamma are not alike;
# multiply it by that median first.
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
using Microsoft.ML.Transforms;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Row[] rows = [.. Enumerable.Range(0, 40).Select(index => new Row { X = [index * 27 % 40 / 40f, index * 13 % 40 / 40f] })];
Print("as they are", rows);
Print("all times 1000", [.. rows.Select(row => new Row { X = [row.X[0] * 1000, row.X[1] * 1000] })]);
Print("with 20 others, far away", [.. rows, .. rows.Take(20).Select(row => new Row { X = [row.X[0] + 50, row.X[1]] })]);

// Prints the kernel of the first two rows, beside what the features and their distribution say it is.
static void Print(string name, Row[] rows)
{
    MLContext context = new(1);
    IDataView data = context.Data.LoadFromEnumerable(rows);
    double gaussian = Squared(rows[0], rows[1]), laplacian = Absolute(rows[0], rows[1]);
    Console.WriteLine(name);
    Show("Gaussian", new GaussianKernel(1), gaussian, Squared);
    Show("Laplacian", new LaplacianKernel(1), laplacian, Absolute);

    void Show(string kernel, KernelBase generator, double distance, Func<Row, Row, double> measure)
    {
        var map = context.Transforms.ApproximatedKernelMap("Y", "X", rank: 20_000, useCosAndSinBases: true, generator, seed: 1);
        float[][] features = [.. map.Fit(data).Transform(data).GetColumn<float[]>("Y").Take(2)];
        double seen = features[0].Zip(features[1], (left, right) => (double)left * right).Sum();
        double[] pairs = [.. rows.SelectMany((row, index) => rows.Skip(index + 1).Select(other => measure(row, other))).Order()];
        double scaled = Math.Exp(-distance / pairs[pairs.Length / 2]);
        string agrees = Math.Abs(seen - scaled) < 0.05 ? "as if divided by the median distance" : "otherwise";
        Console.WriteLine($"  {kernel}: expected {Math.Exp(-distance):0.0}, seen {seen:0.0}, {agrees}");
    }
}

static double Squared(Row left, Row right) => left.X.Zip(right.X, (x, y) => Math.Pow(x - y, 2)).Sum();

static double Absolute(Row left, Row right) => left.X.Zip(right.X, (x, y) => Math.Abs(x - y)).Sum();

sealed class Row
{
    [VectorType(2)]
    public float[] X { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML $version"
echo "$seen"
cat >expected <<'EOF'
as they are
  Gaussian: expected 0.6, seen 0.1, as if divided by the median distance
  Laplacian: expected 0.4, seen 0.2, as if divided by the median distance
all times 1000
  Gaussian: expected 0.0, seen 0.1, as if divided by the median distance
  Laplacian: expected 0.0, seen 0.2, as if divided by the median distance
with 20 others, far away
  Gaussian: expected 0.6, seen 0.5, as if divided by the median distance
  Laplacian: expected 0.4, seen 0.5, as if divided by the median distance
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: the width of the kernel comes from the data."
