#!/usr/bin/env bash
# Microsoft.ML 5.0.1: the LogLoss of a binary classifier is in bits, that of a multiclass classifier in nats.
#
# Expected: CalibratedBinaryClassificationMetrics.LogLoss is documented with ln(p), as log loss is in scikit-learn and cross entropy in
#           PyTorch, so that the same probabilities for the same two classes have the same loss here and there.
# Seen:     BinaryClassification.Evaluate takes logarithms to the base 2: its LogLoss is 1.44 times that of MulticlassClassification.
# So a binary loss is compared neither with one of another library nor with that of the same problem as two classes; multiply it by ln 2.
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
MLContext context = new();
(bool Label, float Probability)[] predictions = [(true, 0.9f), (false, 0.2f), (true, 0.6f), (false, 0.4f)];

double expected = -predictions.Average(prediction => Math.Log(prediction.Label ? prediction.Probability : 1 - prediction.Probability));
IDataView binary = context.Data.LoadFromEnumerable(predictions.Select(prediction => new Binary
{
    Label = prediction.Label,
    Probability = prediction.Probability,
    Score = prediction.Probability - 0.5f,
    PredictedLabel = prediction.Probability > 0.5f,
}));
IDataView classes = context.Data.LoadFromEnumerable(predictions.Select(prediction => new Classes
{
    Label = prediction.Label ? 1u : 0u,
    Score = [1 - prediction.Probability, prediction.Probability],
    PredictedLabel = prediction.Probability > 0.5f ? 1u : 0u,
}));
Console.WriteLine($"with the natural logarithm: {expected:0.000}");
Console.WriteLine($"binary: {context.BinaryClassification.Evaluate(binary).LogLoss:0.000}");
Console.WriteLine($"multiclass: {context.MulticlassClassification.Evaluate(classes).LogLoss:0.000}");

sealed class Binary
{
    public bool Label { get; set; }
    public float Score { get; set; }
    public float Probability { get; set; }
    public bool PredictedLabel { get; set; }
}

sealed class Classes
{
    [KeyType(2)]
    public uint Label { get; set; }
    [VectorType(2)]
    public float[] Score { get; set; }
    [KeyType(2)]
    public uint PredictedLabel { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML $version"
echo "$seen"
expected="with the natural logarithm: 0.338
binary: 0.487
multiclass: 0.338"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: the binary loss is in bits."
