#!/usr/bin/env bash
# Microsoft.ML.LightGbm 5.0.1 with LightGBM 4.6.0: a model learns what a missing value means, and does not apply it.
#
# Expected: LightGBM learns for each split to which side missing values (NaN) belong, which HandleMissingValue, on by default, is about. The
#           model that ML.NET makes of its trees gives what LightGBM itself predicts with the same data and settings.
# Seen:     to go right, a missing value is replaced by the threshold plus 1, as a float. Where the split is between missing and known, its
#           threshold is the largest double, and as a float infinite; and from 16,777,216 on, adding 1 to a float changes nothing. Both go left:
#           rows without a last order, whose label is 100, get that of all others, and a missing balance that means a high one gets that of
#           a low one. With smaller numbers, and on the left side, it works. Where no value was missing in training, LightGBM takes NaN for 0,
#           and ML.NET for more than any threshold.
# So what is learned from gaps is lost between training and prediction, without an error; fill gaps with a number before the trainer, and add
# a column that says where they were (IndicateMissingValues).
# Needs libgomp (Debian's libgomp1), as LightGBM does.
set -euo pipefail
version=5.0.1
native=4.6.0
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
    <PackageReference Include="Microsoft.ML.LightGbm" Version="[$version]" />
    <PackageReference Include="LightGBM" Version="[$native]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Data;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int Count = 3000;
// From 0 to 1, in no order.
double[] steps = [.. Enumerable.Range(0, Count).Select(index => index * 1103 % Count / (double)Count)];

// Every third value is missing, and the label of these rows is the last number.
Compare("profit of the last order", step => step * 1000 - 500, 100);
Compare("balance in euros", step => step * 1_000_000, 1);
Compare("balance in cents", step => step * 100_000_000, 1);
Compare("balance in cents, missing if low", step => step * 100_000_000, 0);
Compare("temperature, never missing", step => step * 40 - 20, null);

void Compare(string name, Func<double, double> value, float? missing)
{
    Row[] rows = [.. steps.Select((step, index) => missing is float label && index % 3 == 0
        ? new Row { X = [float.NaN], Label = label }
        : new Row { X = [(float)value(step)], Label = step > 0.75 ? 1 : 0 })];
    Row[] questions = [new Row { X = [float.NaN] }, new Row { X = [(float)value(0.2)] }, new Row { X = [(float)value(0.9)] }];

    MLContext context = new(1);
    var trainer = context.Regression.Trainers.LightGbm("Label", "X", numberOfLeaves: 4, minimumExampleCountPerLeaf: 20,
        learningRate: 0.5, numberOfIterations: 50);
    using var model = trainer.Fit(context.Data.LoadFromEnumerable(rows));
    IDataView answers = model.Transform(context.Data.LoadFromEnumerable(questions));
    float[] scores = [.. answers.GetColumn<float>("Score")];
    double[] native = LightGbm.Predict(rows, questions, "objective=regression num_leaves=4 min_data_in_leaf=20 learning_rate=0.5", 50);
    Console.WriteLine($"{name}: {Text([.. scores])}");
    Console.WriteLine($"  LightGBM itself: {Text(native)}");
}

// Adding 0 makes a 0 of what is rounded to -0.
static string Text(double[] scores) =>
    $"missing {Math.Round(scores[0]) + 0}, low {Math.Round(scores[1]) + 0}, high {Math.Round(scores[2]) + 0}";

sealed class Row
{
    [VectorType(1)]
    public float[] X { get; set; }
    public float Label { get; set; }
}

// LightGBM's own interface, in the library that ML.NET calls.
static partial class LightGbm
{
    const string Library = "lib_lightgbm";
    const int Single = 0, RowMajor = 1;

    public static double[] Predict(Row[] rows, Row[] questions, string parameters, int iterations)
    {
        parameters += " verbosity=-1 num_threads=1";
        float[] values = [.. rows.Select(row => row.X[0])];
        float[] labels = [.. rows.Select(row => row.Label)];
        float[] asked = [.. questions.Select(row => row.X[0])];
        double[] scores = new double[asked.Length];
        Check(LGBM_DatasetCreateFromMat(values, Single, values.Length, 1, RowMajor, parameters, 0, out nint data));
        Check(LGBM_DatasetSetField(data, "label", labels, labels.Length, Single));
        Check(LGBM_BoosterCreate(data, parameters, out nint booster));
        for (int iteration = 0; iteration < iterations; iteration++)
            Check(LGBM_BoosterUpdateOneIter(booster, out _));
        Check(LGBM_BoosterPredictForMat(booster, asked, Single, asked.Length, 1, RowMajor, 0, 0, -1, parameters, out _, scores));
        Check(LGBM_BoosterFree(booster));
        Check(LGBM_DatasetFree(data));
        return scores;
    }

    static void Check(int code)
    {
        if (code != 0)
            throw new InvalidOperationException("LightGBM has failed.");
    }

    [DllImport(Library)]
    static extern int LGBM_DatasetCreateFromMat(float[] values, int type, int rows, int columns, int isRowMajor, string parameters,
        nint reference, out nint data);

    [DllImport(Library)]
    static extern int LGBM_DatasetSetField(nint data, string name, float[] values, int count, int type);

    [DllImport(Library)]
    static extern int LGBM_BoosterCreate(nint data, string parameters, out nint booster);

    [DllImport(Library)]
    static extern int LGBM_BoosterUpdateOneIter(nint booster, out int isFinished);

    [DllImport(Library)]
    static extern int LGBM_BoosterPredictForMat(nint booster, float[] values, int type, int rows, int columns, int isRowMajor, int kind,
        int first, int iterations, string parameters, out long count, double[] scores);

    [DllImport(Library)]
    static extern int LGBM_BoosterFree(nint booster);

    [DllImport(Library)]
    static extern int LGBM_DatasetFree(nint data);
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML.LightGbm $version, LightGBM $native"
echo "$seen"
cat >expected <<'EOF'
profit of the last order: missing 0, low 0, high 1
  LightGBM itself: missing 100, low 0, high 1
balance in euros: missing 1, low 0, high 1
  LightGBM itself: missing 1, low 0, high 1
balance in cents: missing 0, low 0, high 1
  LightGBM itself: missing 1, low 0, high 1
balance in cents, missing if low: missing 0, low 0, high 1
  LightGBM itself: missing 0, low 0, high 1
temperature, never missing: missing 1, low 0, high 1
  LightGBM itself: missing 0, low 0, high 1
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: missing values go where they were not learned to go."
