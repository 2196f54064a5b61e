#!/usr/bin/env bash
# @huggingface/tokenizers 0.2.0 (JavaScript) beside Tokenizers.DotNet 1.4.1, which is Hugging Face's library in Rust: the same tokenizer.json gives
# other tokens.
#
# Expected: a tokenizer.json is for the library in Rust, and what the one in JavaScript cannot do it refuses or names in its documentation, as it
#           does for some patterns. Whitespace, Punctuation, Split and Unigram are among what it supports.
# Seen:     with Whitespace, which the introduction of the library in Rust trains with, words end at each letter beyond ASCII: "café" is two words,
#           "naïve" three. Punctuation leaves "--" together where Isolated means each sign, and keeps what Removed means to take away; Split keeps a text
#           (not a pattern) that it should remove. A Unigram model with byte_fallback has one <unk> for "Ωλ" in place of four bytes. Nothing is
#           thrown or logged.
# So a model that was trained in Python reads other tokens in the browser than on a server, for all languages but English; compare the ids of
# some texts before a tokenizer is shipped.
set -euo pipefail
version=0.2.0
rust=1.4.1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >package.json <<EOF
{ "type": "module", "dependencies": { "@huggingface/tokenizers": "$version" } }
EOF
npm install --no-audit --no-fund --silent

cat >finding.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Tokenizers.DotNet" Version="[$rust]" />
    <PackageReference Include="Tokenizers.DotNet.runtime.linux-x64" Version="[$rust]" />
  </ItemGroup>
</Project>
EOF

# Prints the ids of each text with the tokenizer.json beside it, as lines of JSON.
cat >Program.cs <<'EOF'
using System.Text.Json;

foreach (JsonElement entry in JsonDocument.Parse(File.ReadAllText("cases.json")).RootElement.EnumerateArray())
{
    Tokenizers.DotNet.Tokenizer tokenizer = new(entry.GetProperty("file").GetString());
    Console.WriteLine(JsonSerializer.Serialize(tokenizer.Encode(entry.GetProperty("text").GetString())));
}
EOF

# Each letter is a token, and one with ## before it stands within a word.
cat >finding.mjs <<'EOF'
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";

const letters = [..."abcdefghijklmnopqrstuvwxyzéï.,-!▁"];
const tokens = ["[UNK]", ...letters, ...letters.map((letter) => "##" + letter)];
const wordPiece = {
    type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100,
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
};
const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
const pieces = ["<unk>", ...bytes, ...letters];
const unigram = { type: "Unigram", unk_id: 0, byte_fallback: true, vocab: pieces.map((piece, index) => [piece, index === 0 ? 0 : -5]) };
const cases = [
    ["Whitespace", "cafe", { type: "Whitespace" }],
    ["Whitespace", "café", { type: "Whitespace" }],
    ["Whitespace", "naïve", { type: "Whitespace" }],
    ["Punctuation, Isolated", "a--b", { type: "Punctuation", behavior: "Isolated" }],
    ["Punctuation, Removed", "a,b", { type: "Punctuation", behavior: "Removed" }],
    ["Split at a text, Removed", "a-b", { type: "Split", pattern: { String: "-" }, behavior: "Removed", invert: false }],
    ["Split at a pattern, Removed", "a-b", { type: "Split", pattern: { Regex: "-" }, behavior: "Removed", invert: false }],
    ["Unigram with bytes", "aΩλ", null],
].map(([name, text, pre_tokenizer], index) => {
    const model = pre_tokenizer ? wordPiece : unigram;
    const json = {
        version: "1.0", truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer, post_processor: null, decoder: null, model,
    };
    const file = `tokenizer${index}.json`;
    writeFileSync(file, JSON.stringify(json));
    return { name, text, file, json, list: pre_tokenizer ? tokens : pieces };
});
writeFileSync("cases.json", JSON.stringify(cases.map(({ text, file }) => ({ text, file }))));

const lines = execFileSync("dotnet", ["run", "--no-build"], { encoding: "utf8" }).trim().split("\n");
cases.forEach(({ name, text, json, list }, index) => {
    const print = (ids) => ids.map((id) => list[id]).join(" ");
    const seen = new Tokenizer(json, { unk_token: list[0] }).encode(text).ids;
    console.log(`${name}: "${text}" is ${print(JSON.parse(lines[index]))} in Rust, ${print(seen)} in JavaScript`);
});
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(node finding.mjs)
echo "@huggingface/tokenizers $version, Tokenizers.DotNet $rust"
echo "$seen"
cat >expected <<'EOF'
Whitespace: "cafe" is c ##a ##f ##e in Rust, c ##a ##f ##e in JavaScript
Whitespace: "café" is c ##a ##f ##é in Rust, c ##a ##f é in JavaScript
Whitespace: "naïve" is n ##a ##ï ##v ##e in Rust, n ##a ï v ##e in JavaScript
Punctuation, Isolated: "a--b" is a - - b in Rust, a - ##- b in JavaScript
Punctuation, Removed: "a,b" is a b in Rust, a , b in JavaScript
Split at a text, Removed: "a-b" is a b in Rust, a - b in JavaScript
Split at a pattern, Removed: "a-b" is a b in Rust, a b in JavaScript
Unigram with bytes: "aΩλ" is a <0xCE> <0xA9> <0xCE> <0xBB> in Rust, a <unk> in JavaScript
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: the tokens differ."
