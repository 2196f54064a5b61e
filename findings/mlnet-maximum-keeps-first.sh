#!/usr/bin/env bash
# Microsoft.ML 5.0.1: a maximum number of n-grams or of categories keeps those that come first in the data, not those that are frequent.
#
# Expected: with maximumNgramsCount: 3, ProduceWordBags and FeaturizeText keep the three n-grams that occur most often, as max_features does in
#           scikit-learn; or documentation that says otherwise. The same rows make the same features in any order.
# Seen:     the dictionary is closed when it is full. If a row with three odd words stands first, these are the features, and the words of the
#           fifty rows after it are unknown: fifty rows of zeros. So it is with TF-IDF weights, and with maximumNumberOfKeys of MapValueToKey and
#           OneHotEncoding: the category of one row has a key, that of fifty rows is missing.
# So a limit that is set to save memory makes features of the oldest rows of a log, and shuffled rows make another model; count first, and
# give MapValueToKey the keys to keep (keyData).
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
using static Microsoft.ML.Transforms.Text.NgramExtractingEstimator;

Row[] rows = [new() { Text = "one odd row" }, .. Enumerable.Repeat(0, 50).Select(_ => new Row { Text = "what others say" })];
Print("the odd row first", rows);
Print("the odd row last", [.. rows.Reverse()]);

static void Print(string name, Row[] rows)
{
    Console.WriteLine(name);
    MLContext context = new(1);
    IDataView data = context.Data.LoadFromEnumerable(rows);
    foreach (WeightingCriteria weights in new[] { WeightingCriteria.Tf, WeightingCriteria.TfIdf })
    {
        var bags = context.Transforms.Text.ProduceWordBags("Bag", "Text", ngramLength: 1, maximumNgramsCount: 3, weighting: weights);
        IDataView result = bags.Fit(data).Transform(data);
        VBuffer<ReadOnlyMemory<char>> names = default;
        result.Schema["Bag"].GetSlotNames(ref names);
        int zeros = result.GetColumn<float[]>("Bag").Count(bag => bag.All(value => value == 0));
        Console.WriteLine($"  {weights}: three n-grams are {string.Join(", ", names.DenseValues())}; rows of zeros: {zeros}");
    }
    var keys = context.Transforms.Conversion.MapValueToKey("Key", "Text", maximumNumberOfKeys: 1);
    Console.WriteLine($"  one key: rows without it are {keys.Fit(data).Transform(data).GetColumn<uint>("Key").Count(key => key == 0)}");
}

sealed class Row
{
    public string Text { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML $version"
echo "$seen"
cat >expected <<'EOF'
the odd row first
  Tf: three n-grams are one, odd, row; rows of zeros: 50
  TfIdf: three n-grams are one, odd, row; rows of zeros: 50
  one key: rows without it are 50
the odd row last
  Tf: three n-grams are what, others, say; rows of zeros: 1
  TfIdf: three n-grams are what, others, say; rows of zeros: 1
  one key: rows without it are 1
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: what comes first is kept."
