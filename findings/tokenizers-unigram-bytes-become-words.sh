#!/usr/bin/env bash
# Microsoft.ML.Tokenizers 2.0.1 with SentencePiece as Debian has it: a unigram model with byte fallback reads characters that are not in its
# vocabulary as words.
#
# Expected: with byte_fallback such a character is encoded as its UTF-8 bytes, each of which has a piece of its own (<0x00> to <0xFF>), as
#           SentencePiece does; that is what SentencePieceTokenizer does with a BPE model of the same text.
# Seen:     the id of each byte is 255 too large: counting begins at the last byte's piece instead of the first's. Where the vocabulary has no
#           "Z" and no "ü", Zürich is three words that have nothing to do with it, and "rich", which is also what it is decoded to. What
#           SentencePiece encoded is decoded without those characters. CountTokens is right, and nothing is thrown.
# So with such a model, as mT5 is one, names, quotation marks and other scripts arrive as noise; compare the ids with those of SentencePiece.
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
foreach (string type in new[] { "bpe", "unigram" })
{
    using FileStream file = File.OpenRead(type + ".model");
    SentencePieceTokenizer tokenizer = SentencePieceTokenizer.Create(file, addBeginningOfSentence: false, addEndOfSentence: false);
    string[] pieces = [.. File.ReadLines(type + ".vocab").Select(line => line.Split('\t')[0])];
    string[] lines = File.ReadAllLines(type + ".ids");
    for (int i = 0; i < texts.Length; i++)
    {
        int[] expected = [.. lines[i].Split(' ').Select(int.Parse)];
        int[] ids = [.. tokenizer.EncodeToIds(texts[i])];
        string difference = ids.SequenceEqual(expected) ? "the ids of SentencePiece"
            : $"ids that differ by {string.Join(' ', ids.Zip(expected, (id, other) => id - other).Where(by => by != 0))}";
        string decoded = tokenizer.Decode(ids) == texts[i] ? "right" : "wrong";
        string other = tokenizer.Decode(expected) == texts[i] ? "right" : "wrong";
        Console.WriteLine($"{type}, \"{texts[i]}\": {difference}, decoded {decoded}; those of SentencePiece are decoded {other}");
        if (decoded == "wrong")
            Console.Error.WriteLine($"  read as {string.Join(' ', ids.Select(id => pieces[id]))}");
    }
}
EOF

printf '%s\n' "the license" "the price in Zürich" "“free software”" >texts
for type in bpe unigram; do
    spm_train --input=/usr/share/common-licenses/GPL-3 --model_prefix=$type --model_type=$type --vocab_size=1000 --byte_fallback >train.log 2>&1
    spm_encode --model=$type.model --output_format=id <texts >$type.ids
done
dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML.Tokenizers $version, sentencepiece $(spm_encode --version | cut -d" " -f2)"
echo "$seen"
cat >expected <<'EOF'
bpe, "the license": the ids of SentencePiece, decoded right; those of SentencePiece are decoded right
bpe, "the price in Zürich": the ids of SentencePiece, decoded right; those of SentencePiece are decoded right
bpe, "“free software”": the ids of SentencePiece, decoded right; those of SentencePiece are decoded right
unigram, "the license": the ids of SentencePiece, decoded right; those of SentencePiece are decoded right
unigram, "the price in Zürich": ids that differ by 255 255 255, decoded wrong; those of SentencePiece are decoded wrong
unigram, "“free software”": ids that differ by 255 255 255 255 255 255, decoded wrong; those of SentencePiece are decoded wrong
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: bytes are read as words."
