#!/usr/bin/env bash
# LLamaSharp 0.30.0: the embedding of a text that has more tokens than BatchSize (512 by default) is the embedding of its end.
#
# Expected: a text that fits into ContextSize has one embedding, whatever BatchSize is, or GetEmbeddings refuses it, as it refuses a text
#           longer than the context, and as llama.cpp's own tools refuse one longer than the batch.
# Seen:     LLamaEmbedder runs the model over one batch after the other, and returns what the last one left. An encoder keeps nothing of
#           earlier batches: two texts that end alike have the same embedding, to the bit, though the first half of one is about cats and
#           of the other about contracts. Nothing is thrown.
# So with an encoder of long texts (nomic-embed-text, bge-m3) a search finds documents by their last paragraphs; set BatchSize and
# UBatchSize to ContextSize.
# The model is a BERT of one layer with random weights, which the program writes itself.
set -euo pipefail
version=0.30.0
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
    <PackageReference Include="LLamaSharp" Version="[$version]" />
    <PackageReference Include="LLamaSharp.Backend.Cpu" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using LLama;
using LLama.Common;
using LLama.Native;

NativeLogConfig.llama_log_set((_, _) => { });
TinyBert.Write("bert.gguf");
string end = Repeat("river bank", 255), cats = $"{Repeat("cat", 511)} {end}", contracts = $"{Repeat("contract", 511)} {end}";
bool isWhole = !await AreSameAsync(2048), isEnd = await AreSameAsync(512);
Console.WriteLine($"the two texts have the same embedding with batches of 2048: {!isWhole}, of 512: {isEnd}");
return isWhole && isEnd ? 0 : 1;

async Task<bool> AreSameAsync(uint batch)
{
    ModelParams parameters = new("bert.gguf")
    {
        ContextSize = 2048,
        BatchSize = batch,
        UBatchSize = batch,
        Embeddings = true,
        PoolingType = LLamaPoolingType.Mean,
    };
    using LLamaWeights weights = LLamaWeights.LoadFromFile(parameters);
    using LLamaEmbedder embedder = new(weights, parameters);
    float[] first = (await embedder.GetEmbeddings(cats)).Single(), second = (await embedder.GetEmbeddings(contracts)).Single();
    return first.SequenceEqual(second);
}

static string Repeat(string words, int count) => string.Join(' ', Enumerable.Repeat(words, count));
EOF

cat >TinyBert.cs <<'EOF'
using System.Text;

// Writes a GGUF file: names and shapes of BERT with one layer, weights by chance.
static class TinyBert
{
    const int Width = 32, Inner = 64, Positions = 2048, Alignment = 32;

    static readonly string[] _tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁cat", "▁contract", "▁river", "▁bank"];

    static readonly (string Name, int[] Shape)[] _tensors =
    [
        ("token_embd.weight", [Width, _tokens.Length]), ("position_embd.weight", [Width, Positions]), ("token_types.weight", [Width, 2]),
        ("token_embd_norm.weight", [Width]), ("token_embd_norm.bias", [Width]),
        ("blk.0.attn_q.weight", [Width, Width]), ("blk.0.attn_q.bias", [Width]),
        ("blk.0.attn_k.weight", [Width, Width]), ("blk.0.attn_k.bias", [Width]),
        ("blk.0.attn_v.weight", [Width, Width]), ("blk.0.attn_v.bias", [Width]),
        ("blk.0.attn_output.weight", [Width, Width]), ("blk.0.attn_output.bias", [Width]),
        ("blk.0.attn_output_norm.weight", [Width]), ("blk.0.attn_output_norm.bias", [Width]),
        ("blk.0.ffn_up.weight", [Width, Inner]), ("blk.0.ffn_up.bias", [Inner]),
        ("blk.0.ffn_down.weight", [Inner, Width]), ("blk.0.ffn_down.bias", [Width]),
        ("blk.0.layer_output_norm.weight", [Width]), ("blk.0.layer_output_norm.bias", [Width]),
    ];

    public static void Write(string path)
    {
        (string Key, object Value)[] pairs =
        [
            ("general.architecture", "bert"), ("bert.context_length", Positions), ("bert.embedding_length", Width),
            ("bert.feed_forward_length", Inner), ("bert.block_count", 1), ("bert.attention.head_count", 2),
            ("bert.attention.layer_norm_epsilon", 1e-6f), ("bert.attention.causal", false), ("bert.pooling_type", 1),
            ("tokenizer.ggml.model", "bert"), ("tokenizer.ggml.token_type_count", 2), ("tokenizer.ggml.padding_token_id", 0),
            ("tokenizer.ggml.unknown_token_id", 1), ("tokenizer.ggml.cls_token_id", 2), ("tokenizer.ggml.bos_token_id", 2),
            ("tokenizer.ggml.seperator_token_id", 3), ("tokenizer.ggml.eos_token_id", 3), ("tokenizer.ggml.mask_token_id", 4),
            ("tokenizer.ggml.tokens", _tokens), ("tokenizer.ggml.token_type", _tokens.Select((_, index) => index < 5 ? 3 : 1).ToArray()),
        ];
        using BinaryWriter writer = new(File.Create(path));
        writer.Write("GGUF"u8);
        writer.Write(3);
        writer.Write((long)_tensors.Length);
        writer.Write((long)pairs.Length);
        foreach ((string key, object value) in pairs)
        {
            WriteText(writer, key);
            WriteValue(writer, value);
        }

        long offset = 0;
        foreach ((string name, int[] shape) in _tensors)
        {
            WriteText(writer, name);
            writer.Write(shape.Length);
            foreach (int size in shape)
                writer.Write((long)size);
            writer.Write(0); // float
            writer.Write(offset);
            offset += (Count(shape) * sizeof(float) + Alignment - 1) / Alignment * Alignment;
        }

        Random random = new(1);
        foreach ((string name, int[] shape) in _tensors)
        {
            while (writer.BaseStream.Position % Alignment != 0)
                writer.Write((byte)0);
            for (int i = 0; i < Count(shape); i++)
                writer.Write(name.EndsWith("norm.weight") ? 1f : random.NextSingle() - 0.5f);
        }
    }

    static int Count(int[] shape) => shape.Aggregate(1, (count, size) => count * size);

    static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }

    static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case int number:
                writer.Write(4);
                writer.Write(number);
                break;
            case float number:
                writer.Write(6);
                writer.Write(number);
                break;
            case bool flag:
                writer.Write(7);
                writer.Write(flag);
                break;
            case string text:
                writer.Write(8);
                WriteText(writer, text);
                break;
            case string[] texts:
                writer.Write(9);
                writer.Write(8);
                writer.Write((long)texts.Length);
                foreach (string text in texts)
                    WriteText(writer, text);
                break;
            case int[] numbers:
                writer.Write(9);
                writer.Write(5);
                writer.Write((long)numbers.Length);
                foreach (int number in numbers)
                    writer.Write(number);
                break;
        }
    }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
echo "LLamaSharp $version"
dotnet run --no-build || { echo "This has changed."; exit 1; }
