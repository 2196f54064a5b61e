#!/usr/bin/env bash
# Microsoft.ML 5.0.1: the area under the precision-recall curve of the same scores is 1 or next to nothing, depending on the order of the rows.
#
# Expected: the curve has a point for each threshold, so that rows of equal score come over it together, in whatever order they are read. With one
#           score for all there is one point: everything is found, with the precision of guessing. AreaUnderRocCurve counts ties as half.
# Seen:     BinaryClassification.Evaluate goes through rows of equal score one by one, in the order of the data. If the positive rows stand first,
#           a model that says the same of all of them has 1.00, a perfect one's area; if they stand last, 0.11. AreaUnderRocCurve is 0.50 each
#           time.
# So data that are sorted by their label, as they often come, make models with few different scores (trees, rounded or quantized ones) look
# perfect or hopeless; shuffle the rows before they are evaluated.
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
using Microsoft.ML;
using Microsoft.ML.Data;

// A fifth of the rows is positive. The tree has three leaves and sends most rows to the right one.
Random random = new(1);
bool[] labels = [.. Enumerable.Range(0, 1000).Select(i => i % 5 == 0)];
Row[] constant = [.. labels.Select(label => new Row { Label = label, Score = 0.2f })];
Row[] tree = [.. labels.Select((label, i) => new Row { Label = label, Score = i % 3 == 0 ? 0.5f : label ? 0.8f : i % 4 == 1 ? 0.8f : 0.1f })];
MLContext context = new();
foreach ((string model, Row[] rows) in new[] { ("one score for all", constant), ("a tree of three leaves", tree) })
{
    Print(model, "in turns", rows);
    Print(model, "positive rows first", [.. rows.OrderByDescending(row => row.Label)]);
    Print(model, "positive rows last", [.. rows.OrderBy(row => row.Label)]);
}

void Print(string model, string order, Row[] rows)
{
    BinaryClassificationMetrics metrics = context.BinaryClassification.EvaluateNonCalibrated(context.Data.LoadFromEnumerable(rows));
    string areas = FormattableString.Invariant($"{metrics.AreaUnderPrecisionRecallCurve:0.00}, under ROC curve {metrics.AreaUnderRocCurve:0.00}");
    Console.WriteLine($"{model}, {order}: under precision-recall curve {areas}");
}

sealed class Row
{
    public bool Label { get; set; }

    public float Score { get; set; }

    public bool PredictedLabel { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML $version"
echo "$seen"
cat >expected <<'EOF'
one score for all, in turns: under precision-recall curve 0.21, under ROC curve 0.50
one score for all, positive rows first: under precision-recall curve 1.00, under ROC curve 0.50
one score for all, positive rows last: under precision-recall curve 0.11, under ROC curve 0.50
a tree of three leaves, in turns: under precision-recall curve 0.46, under ROC curve 0.83
a tree of three leaves, positive rows first: under precision-recall curve 0.85, under ROC curve 0.83
a tree of three leaves, positive rows last: under precision-recall curve 0.30, under ROC curve 0.83
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: the order of the rows decides."
