#!/usr/bin/env bash
# Microsoft.ML 5.0.1: Evaluate leaves out the rows for which the model has no score, and says nothing, so that a model that fails on a third of its
# data is perfect.
#
# Expected: metrics are of all rows of the data that Evaluate is given, or Evaluate refuses or warns; scikit-learn refuses NaN. An answer that
#           a row gets (PredictedLabel) is right or wrong.
# Seen:     a linear model has the score NaN for a row with a missing feature, and answers false there, or no class. Such rows are in no metric:
#           accuracy and recall are 1 where a third of the answers are wrong, the confusion matrix counts 200 of 300 rows, and the mean error of a
#           regression is that of the other rows. Training logs a warning that it has skipped rows; Evaluate logs none. FastTree has a score for
#           every row, so that its metrics are of other rows than those that it is compared with.
# So a model is chosen by the rows that are complete, and the more rows it has no answer for, the better it can look; compare the confusion
# matrix's counts with the number of rows, and fill gaps (ReplaceMissingValues) before the trainer.
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
    <PackageReference Include="Microsoft.ML.FastTree" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
MLContext context = new(1);
int warnings = 0;

// The label is true for high numbers, and where the number is missing.
Row[] rows = [.. Enumerable.Range(0, 300).Select(index => (Number: index * 37 % 300, IsMissing: index % 3 == 0)).Select(pair => pair.IsMissing
    ? new Row { X = [float.NaN], Label = true, Class = "c", Value = 100 }
    : new Row { X = [pair.Number / 150f - 1], Label = pair.Number > 150, Class = pair.Number > 150 ? "b" : "a", Value = pair.Number })];
IDataView data = context.Data.LoadFromEnumerable(rows);
context.Log += (_, message) => warnings += message.Kind == ChannelMessageKind.Warning ? 1 : 0;

Binary("logistic regression", context.BinaryClassification.Trainers.LbfgsLogisticRegression("Label", "X"));
Binary("FastTree", context.BinaryClassification.Trainers.FastTree("Label", "X"));

IDataView classes = Answer(context.Transforms.Conversion.MapValueToKey("Key", "Class")
    .Append(context.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Key", "X")));
MulticlassClassificationMetrics multiclass = context.MulticlassClassification.Evaluate(classes, "Key");
double right = classes.GetColumn<uint>("PredictedLabel").Zip(classes.GetColumn<uint>("Key"), (answer, key) => answer == key ? 1.0 : 0).Average();
Console.WriteLine($"maximum entropy: accuracy {multiclass.MicroAccuracy:0.00} of {Sum(multiclass.ConfusionMatrix)} rows, warnings {warnings}");
Console.WriteLine($"  of the answers: accuracy {right:0.00} of {rows.Length} rows");

IDataView values = Answer(context.Regression.Trainers.LbfgsPoissonRegression("Value", "X"));
double error = context.Regression.Evaluate(values, "Value").MeanAbsoluteError;
float[] scores = [.. values.GetColumn<float>("Score")];
double complete = rows.Zip(scores).Where(pair => float.IsFinite(pair.Second)).Average(pair => Math.Abs(pair.First.Value - pair.Second));
Console.WriteLine($"regression: scores that are missing {scores.Count(float.IsNaN)}, warnings {warnings}");
Console.WriteLine($"  the mean error is that of the complete rows: {Math.Abs(error - complete) < 0.01}");

void Binary(string name, IEstimator<ITransformer> trainer)
{
    IDataView answers = Answer(trainer);
    BinaryClassificationMetrics metrics = context.BinaryClassification.EvaluateNonCalibrated(answers);
    (bool Answer, Row Row)[] pairs = [.. answers.GetColumn<bool>("PredictedLabel").Zip(rows)];
    double accuracy = pairs.Average(pair => pair.Answer == pair.Row.Label ? 1.0 : 0);
    double recall = pairs.Where(pair => pair.Row.Label).Average(pair => pair.Answer ? 1.0 : 0);
    double counted = Sum(metrics.ConfusionMatrix);
    Console.WriteLine($"{name}: accuracy {metrics.Accuracy:0.00}, recall {metrics.PositiveRecall:0.00} of {counted} rows, warnings {warnings}");
    Console.WriteLine($"  of the answers: accuracy {accuracy:0.00}, recall {recall:0.00} of {rows.Length} rows");
}

// The warnings of the training are not those that are counted.
IDataView Answer(IEstimator<ITransformer> trainer)
{
    IDataView answers = trainer.Fit(data).Transform(data);
    warnings = 0;
    return answers;
}

static double Sum(ConfusionMatrix matrix) => matrix.Counts.Sum(row => row.Sum());

sealed class Row
{
    [VectorType(1)]
    public float[] X { get; set; }
    public bool Label { get; set; }
    public string Class { get; set; }
    public float Value { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML $version"
echo "$seen"
cat >expected <<'EOF'
logistic regression: accuracy 1.00, recall 1.00 of 200 rows, warnings 0
  of the answers: accuracy 0.67, recall 0.50 of 300 rows
FastTree: accuracy 1.00, recall 1.00 of 300 rows, warnings 0
  of the answers: accuracy 1.00, recall 1.00 of 300 rows
maximum entropy: accuracy 1.00 of 200 rows, warnings 0
  of the answers: accuracy 0.67 of 300 rows
regression: scores that are missing 100, warnings 0
  the mean error is that of the complete rows: True
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: rows without a score are in no metric."
