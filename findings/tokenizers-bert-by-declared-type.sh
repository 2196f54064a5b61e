#!/usr/bin/env bash
# Microsoft.ML.Tokenizers 2.0.1: which ids a BertTokenizer gives depends on the type of the variable that holds it.
#
# Expected: Tokenizer is the base class that code is written against; tokenizer.EncodeToIds(text) is the same call whatever the variable's
#           type is, and as many ids as CountTokens counts.
# Seen:     BertTokenizer hides EncodeToIds (new, not override): through a BertTokenizer the ids begin with [CLS] and end with [SEP],
#           through a Tokenizer, such as one that is injected, they do not. CountTokens counts without them either way.
# So where a field is declared as Tokenizer, a BERT model gets input without [CLS], whose vector many embeddings are, and texts that are cut
# by CountTokens are two tokens too long. Call EncodeToIds(text, addSpecialTokens: true) of BertTokenizer, and count its ids.
set -euo pipefail
version=2.0.1
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
    <PackageReference Include="Microsoft.ML.Tokenizers" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Text;
using Microsoft.ML.Tokenizers;

string[] vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "world"];
BertTokenizer bert = BertTokenizer.Create(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', vocabulary))));
Tokenizer tokenizer = bert;
Console.WriteLine($"through BertTokenizer: {Format(bert.EncodeToIds("Hello world"))}, counted {bert.CountTokens("Hello world")}");
Console.WriteLine($"through Tokenizer: {Format(tokenizer.EncodeToIds("Hello world"))}, counted {tokenizer.CountTokens("Hello world")}");

string Format(IEnumerable<int> ids) => string.Join(' ', ids.Select(id => vocabulary[id]));
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML.Tokenizers $version"
echo "$seen"
expected="through BertTokenizer: [CLS] hello world [SEP], counted 2
through Tokenizer: hello world, counted 2"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: the same tokenizer gives other ids through its base class."
