#!/usr/bin/env bash
# Microsoft.ML 5.0.1 with Microsoft.ML.OnnxConverter 0.23.1 and Microsoft.ML.OnnxRuntime 1.31.1: texts with letters beyond ASCII are hashed
# into other slots by the ONNX model than by ML.NET.
#
# Expected: OneHotHashEncoding is documented as exportable to ONNX: a category has the same slot in both. Both hash its UTF-8 bytes with
#           MurmurHash3, four bytes at a time.
# Seen:     "Malmö" and "Örebro" have the same slot in both, "Köln" and "Zürich" have not. ML.NET puts the two bytes of an "ö" in order by
#           turning round whatever it has gathered of the four, which is right only where the letter is the first of them.
# So an exported model takes other weights for some categories, without an error; export an encoding by keys (OneHotEncoding).
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
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

MLContext context = new();
string[] cities = ["Koln", "Malmö", "Örebro", "Köln", "Zürich"];
IDataView rows = context.Data.LoadFromEnumerable(cities.Select(city => new Row { City = city }));
ITransformer model = context.Transforms.Categorical.OneHotHashEncoding("Slots", "City", numberOfBits: 10).Fit(rows);
using MemoryStream file = new();
context.Model.ConvertToOnnx(model, rows, file, "Slots");
using SessionOptions quiet = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
using InferenceSession session = new(file.ToArray(), quiet);
int[] slots = [.. model.Transform(rows).GetColumn<float[]>("Slots").Select(row => Array.IndexOf(row, 1))];
foreach ((string city, int slot) in cities.Zip(slots))
{
    DenseTensor<string> text = new(new[] { city }, [1, 1]);
    using var outputs = session.Run([NamedOnnxValue.CreateFromTensor("City", text)]);
    float[] row = [.. outputs.Single(output => output.Name.StartsWith("Slots")).AsEnumerable<float>()];
    Console.WriteLine($"{city}: {slot} in ML.NET, {Array.IndexOf(row, 1)} in ONNX Runtime");
}

sealed class Row
{
    public string City { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML 5.0.1, Microsoft.ML.OnnxConverter 0.23.1, Microsoft.ML.OnnxRuntime 1.31.1"
echo "$seen"
expected="Koln: 616 in ML.NET, 616 in ONNX Runtime
Malmö: 764 in ML.NET, 764 in ONNX Runtime
Örebro: 406 in ML.NET, 406 in ONNX Runtime
Köln: 285 in ML.NET, 508 in ONNX Runtime
Zürich: 698 in ML.NET, 395 in ONNX Runtime"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: where a letter stands in a text decides whether both hash it alike."
