#!/usr/bin/env bash
# Microsoft.ML 5.0.1 with Microsoft.ML.OnnxConverter 0.23.1 and Microsoft.ML.OnnxRuntime 1.31.1: as ONNX models, two ways to normalize compute other
# numbers, and KMeans counts its clusters from 0.
#
# Expected: ConvertToOnnx writes a model that computes what the pipeline computes; the documentation calls these steps exportable. The
#           classes of other trainers have the same numbers in both.
# Seen:     NormalizeLpNorm with the norm Infinity divides by the largest absolute value, and in ONNX by the largest value, which differs in
#           rows whose largest number by size is negative. NormalizeGlobalContrast multiplies by its scale, and in ONNX it does not. The
#           clusters that KMeans calls 1 and 2 are 0 and 1 in ONNX; NaiveBayes calls its classes 1 and 2 in both. With the norm L2 and a
#           scale of 1 both agree.
# So scores behind such a step are others in the exported model, and a table of clusters is off by one, without an error; compare both before
# a model is shipped.
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
using static Microsoft.ML.Transforms.LpNormNormalizingEstimatorBase;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
MLContext context = new(1);
Row[] rows = [.. Enumerable.Range(0, 40).Select(index => new Row { X = index % 2 == 0 ? [-4, 1] : [9, -2], Class = index % 2 })];
IDataView data = context.Data.LoadFromEnumerable(rows);
using SessionOptions quiet = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };

Print("L2", context.Transforms.NormalizeLpNorm("Out", "X", NormFunction.L2));
Print("Infinity", context.Transforms.NormalizeLpNorm("Out", "X", NormFunction.Infinity));
Print("contrast", context.Transforms.NormalizeGlobalContrast("Out", "X"));
Print("contrast, scale 2", context.Transforms.NormalizeGlobalContrast("Out", "X", scale: 2));
var trainer = context.MulticlassClassification.Trainers.NaiveBayes("Key", "X");
Print("NaiveBayes", context.Transforms.Conversion.MapValueToKey("Key", "Class").Append(trainer), "PredictedLabel");
Print("KMeans", context.Clustering.Trainers.KMeans("X", numberOfClusters: 2), "PredictedLabel");

// Prints what the first row becomes, in ML.NET and in its ONNX model; of classes and clusters, those of the first two rows in their order.
void Print(string name, IEstimator<ITransformer> estimator, string column = "Out")
{
    ITransformer model = estimator.Fit(data);
    using MemoryStream file = new();
    context.Model.ConvertToOnnx(model, data, file, column);
    using InferenceSession session = new(file.ToArray(), quiet);
    IDataView transformed = model.Transform(data);
    (string inside, string outside) = column == "Out"
        ? (Format(transformed.GetColumn<float[]>(column).First()), Format(Run(session, rows[0], column).AsEnumerable<float>()))
        : (Format(transformed.GetColumn<uint>(column).Take(2)), Format(rows.Take(2).Select(row => Run(session, row, column).AsEnumerable<uint>().First())));
    Console.WriteLine($"{name}: {inside} in ML.NET, {outside} in ONNX");
}

static NamedOnnxValue Run(InferenceSession session, Row row, string column)
{
    List<NamedOnnxValue> inputs = [NamedOnnxValue.CreateFromTensor("X", new DenseTensor<float>(row.X, [1, 2]))];
    if (session.InputMetadata.ContainsKey("Class"))
        inputs.Add(NamedOnnxValue.CreateFromTensor("Class", new DenseTensor<float>(new[] { row.Class }, [1, 1])));
    return session.Run(inputs).Single(output => output.Name.StartsWith(column));
}

static string Format<T>(IEnumerable<T> values) where T : IFormattable =>
    string.Join(' ', (typeof(T) == typeof(uint) ? values.Order() : values).Select(value => value.ToString("0.##", null)));

sealed class Row
{
    [VectorType(2)]
    public float[] X { get; set; }
    public float Class { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML 5.0.1, Microsoft.ML.OnnxConverter 0.23.1, Microsoft.ML.OnnxRuntime 1.31.1"
echo "$seen"
expected="L2: -0.97 0.24 in ML.NET, -0.97 0.24 in ONNX
Infinity: -1 0.25 in ML.NET, -4 1 in ONNX
contrast: -0.71 0.71 in ML.NET, -0.71 0.71 in ONNX
contrast, scale 2: -1.41 1.41 in ML.NET, -0.71 0.71 in ONNX
NaiveBayes: 1 2 in ML.NET, 1 2 in ONNX
KMeans: 1 2 in ML.NET, 0 1 in ONNX"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: the exported model computes other numbers."
