#!/usr/bin/env bash
# Microsoft.ML.Tokenizers 2.0.1 with SentencePiece as Debian has it: with a BPE model a text of one character has no tokens, and the model's
# normalization and user-defined symbols are not applied.
#
# Expected: SentencePieceTokenizer gives the ids that SentencePiece gives for the same model: "7" is a token, a text is normalized as the model
#           says (by default nmt_nfkc: "ﬁ" is "fi", full-width letters are letters, a tab is a space), and a symbol that the model's author
#           defined is one token.
# Seen:     with a unigram model of the same text all of that holds. With a BPE model "7" has no tokens at all, and nothing is thrown; "ﬁ",
#           full-width letters and tabs stay what they are, which the vocabulary has not, and "<sep>" is taken apart.
# So an answer of one digit or letter, such as a choice of several, is an empty input, and a table with tabs reads otherwise than in training.
# Needs spm_train and spm_encode (Debian's package sentencepiece) on the path. The models are trained on a licence of Debian's base-files.
set -euo pipefail
version=2.0.1
command -v spm_train >/dev/null || { echo "spm_train is not installed."; exit 1; }
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
using Microsoft.ML.Tokenizers;

string[] texts = File.ReadAllLines("texts");
foreach (string type in new[] { "unigram", "bpe" })
{
    using FileStream file = File.OpenRead(type + ".model");
    Tokenizer tokenizer = SentencePieceTokenizer.Create(file, addBeginningOfSentence: false, addEndOfSentence: false);
    string[] lines = File.ReadAllLines(type + ".ids");
    for (int i = 0; i < texts.Length; i++)
    {
        string ids = string.Join(' ', tokenizer.EncodeToIds(texts[i]));
        string difference = ids == lines[i] ? "the ids of SentencePiece" : ids.Length == 0 ? "no ids" : "other ids";
        Console.WriteLine($"{type}, \"{texts[i].Replace("\t", "\\t")}\": {difference}");
    }
}
EOF

printf '%s\n' "the license" "a" "7" "ﬁnd" "ＧＰＬ" "$(printf 'the\tlicense')" "terms<sep>conditions" >texts
for type in bpe unigram; do
    spm_train --input=/usr/share/common-licenses/GPL-3 --model_prefix=$type --model_type=$type --vocab_size=800 \
        --user_defined_symbols="<sep>" >train.log 2>&1
    spm_encode --model=$type.model --output_format=id <texts >$type.ids
done
dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML.Tokenizers $version, sentencepiece $(spm_encode --version | cut -d" " -f2)"
echo "$seen"
cat >expected <<'EOF'
unigram, "the license": the ids of SentencePiece
unigram, "a": the ids of SentencePiece
unigram, "7": the ids of SentencePiece
unigram, "ﬁnd": the ids of SentencePiece
unigram, "ＧＰＬ": the ids of SentencePiece
unigram, "the\tlicense": the ids of SentencePiece
unigram, "terms<sep>conditions": the ids of SentencePiece
bpe, "the license": the ids of SentencePiece
bpe, "a": no ids
bpe, "7": no ids
bpe, "ﬁnd": other ids
bpe, "ＧＰＬ": other ids
bpe, "the\tlicense": other ids
bpe, "terms<sep>conditions": other ids
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: one letter has no tokens, and the text is not normalized."
