#!/usr/bin/env bash
# Microsoft.ML 5.0.1 with Microsoft.ML.OnnxConverter 0.23.1 and Microsoft.ML.OnnxRuntime 1.31.1: the ONNX model of a bag of words with
# TF-IDF weights gives n-grams each other's weights.
#
# Expected: ConvertToOnnx writes a model that computes what the pipeline computes; the documentation calls the estimator exportable.
# Seen:     the counts agree, the weights do not: "the|cat" is weighed as "dog". ONNX lists weights in the order of the pool of n-grams,
#           which has the words before the pairs. ML.NET writes its pool in that order, and the weights in that of its output, where words
#           and pairs are mixed. Nothing warns, and all lengths are right. Words alone (ngramLength: 1) have one order, and agree.
# So a classifier of texts that was trained on such features gives other scores as an ONNX model; compare both before it is shipped.
set -euo pipefail
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
    <PackageReference Include="Microsoft.ML" Version="[5.0.1]" />
    <PackageReference Include="Microsoft.ML.OnnxConverter" Version="[0.23.1]" />
    <PackageReference Include="Microsoft.ML.OnnxRuntime" Version="[1.31.1]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using static Microsoft.ML.Transforms.Text.NgramExtractingEstimator;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
MLContext context = new();
string[] lines = ["the cat", "the dog", "the cat sat"];
IDataView texts = context.Data.LoadFromEnumerable(lines.Select(line => new Row { Text = line }));
using SessionOptions quiet = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
(int Length, WeightingCriteria Weighting)[] kinds = [(2, WeightingCriteria.Tf), (2, WeightingCriteria.TfIdf), (1, WeightingCriteria.TfIdf)];
foreach ((int length, WeightingCriteria weighting) in kinds)
{
    ITransformer model = context.Transforms.Text.ProduceWordBags("Bag", "Text", ngramLength: length, weighting: weighting).Fit(texts);
    IDataView bags = model.Transform(texts);
    using MemoryStream file = new();
    context.Model.ConvertToOnnx(model, texts, file, "Bag");
    using InferenceSession session = new(file.ToArray(), quiet);
    DenseTensor<string> text = new(new[] { lines[0] }, [1, 1]);
    using var outputs = session.Run([NamedOnnxValue.CreateFromTensor("Text", text)]);
    VBuffer<ReadOnlyMemory<char>> names = default;
    bags.Schema["Bag"].GetSlotNames(ref names);
    Console.WriteLine($"{weighting}, n-grams up to {length}: {string.Join(' ', names.DenseValues())}");
    Console.WriteLine($"  ML.NET:       {Format(bags.GetColumn<float[]>("Bag").First())}");
    Console.WriteLine($"  ONNX Runtime: {Format(outputs.Single(output => output.Name.StartsWith("Bag")).AsEnumerable<float>())}");
}

static string Format(IEnumerable<float> values) => string.Join(' ', values.Select(value => value.ToString("0.000")));

sealed class Row
{
    public string Text { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML 5.0.1, Microsoft.ML.OnnxConverter 0.23.1, Microsoft.ML.OnnxRuntime 1.31.1"
echo "$seen"
expected="Tf, n-grams up to 2: the the|cat cat the|dog dog cat|sat sat
  ML.NET:       1.000 1.000 1.000 0.000 0.000 0.000 0.000
  ONNX Runtime: 1.000 1.000 1.000 0.000 0.000 0.000 0.000
TfIdf, n-grams up to 2: the the|cat cat the|dog dog cat|sat sat
  ML.NET:       0.000 0.405 0.405 0.000 0.000 0.000 0.000
  ONNX Runtime: 0.000 1.099 0.405 0.000 0.000 0.000 0.000
TfIdf, n-grams up to 1: the cat dog sat
  ML.NET:       0.000 0.405 0.000 0.000
  ONNX Runtime: 0.000 0.405 0.000 0.000"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: the exported model weighs a pair of words as another word."
