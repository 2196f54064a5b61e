#!/usr/bin/env bash
# Microsoft.ML.Tokenizers 2.0.1 beside FastBertTokenizer 1.2.6: BertTokenizer joins the words around a line break, and drops symbols.
#
# Expected: as in the original BERT and in Hugging Face's, which the documentation names as what it is based on, line breaks and tabs are white
#           space, and every sign of ASCII that is no letter and no digit is a token of its own. What is not in the vocabulary is [UNK]. So it is
#           with FastBertTokenizer, from the same vocabulary.
# Seen:     control characters are taken out before words are told apart, and line breaks are among them: "note" and "book" on two lines are
#           the word "notebook", others become pieces (##) or [UNK]. $ + < = > ^ ` | ~ and symbols such as € and ° are dropped, without an
#           [UNK]: "a < b", "a > b" and "a b" have the same ids.
# So embeddings of text in lines, of tables and of code are not those of the model, and what was dropped is found by nobody; put a space in place
# of each line break and tab, and spaces and a word of the vocabulary in place of a symbol that matters.
set -euo pipefail
version=2.0.1
reference=1.2.6
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
    <PackageReference Include="FastBertTokenizer" Version="[$reference]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Text;
using Microsoft.ML.Tokenizers;

string[] vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "note", "book", "notebook", "red", "green", "##green", "a", "b", "5", "20",
    "c", "$", "<", ">", "=", "+", "|", ".", "°"];
string lines = string.Join('\n', vocabulary);
BertTokenizer tokenizer = BertTokenizer.Create(new MemoryStream(Encoding.UTF8.GetBytes(lines)));
FastBertTokenizer.BertTokenizer reference = new();
reference.LoadVocabulary(new StringReader(lines), convertInputToLowercase: true);

string[] texts = ["note book", "note\nbook", "red\tgreen", "green\r\nred", "a < b", "a > b", "a | b", "$5.", "a = b + 5", "20 ° c", "5 €"];
foreach (string text in texts)
{
    Console.WriteLine(text.Replace("\r", "\\r").Replace("\n", "\\n").Replace("\t", "\\t"));
    Print("expected", [.. reference.Encode(text, maximumTokens: 100).InputIds.ToArray().Select(id => (int)id)]);
    Print("seen", tokenizer.EncodeToIds(text, addSpecialTokens: true));
}

void Print(string name, IReadOnlyList<int> ids) =>
    Console.WriteLine($"  {name}: {string.Join(' ', ids.Skip(1).SkipLast(1).Select(id => vocabulary[id]))}");
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML.Tokenizers $version, FastBertTokenizer $reference"
echo "$seen"
cat >expected <<'EOF'
note book
  expected: note book
  seen: note book
note\nbook
  expected: note book
  seen: notebook
red\tgreen
  expected: red green
  seen: red ##green
green\r\nred
  expected: green red
  seen: [UNK]
a < b
  expected: a < b
  seen: a b
a > b
  expected: a > b
  seen: a b
a | b
  expected: a | b
  seen: a b
$5.
  expected: $ 5 .
  seen: 5 .
a = b + 5
  expected: a = b + 5
  seen: a b 5
20 ° c
  expected: 20 ° c
  seen: 20 c
5 €
  expected: 5 [UNK]
  seen: 5
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: line breaks and symbols are not there for BertTokenizer."
