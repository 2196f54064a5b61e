using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Conformance;

/// <summary>GGUF files that llama.cpp's converter made of the golden checkpoints are the same models.</summary>
public sealed class GgufGoldenTests
{
    private const string FileName = "model.gguf";

    [Theory]
    [InlineData("dots1")]
    [InlineData("ernie4_5")]
    [InlineData("ernie4_5_moe")]
    [InlineData("gemma")]
    [InlineData("glm4")]
    [InlineData("glm4_moe")]
    [InlineData("gpt_oss")]
    [InlineData("granite")]
    [InlineData("granitemoe")]
    [InlineData("granitemoeshared")]
    [InlineData("hunyuan_v1_dense")]
    [InlineData("llama-bias")]
    [InlineData("llama-yarn")]
    [InlineData("ministral3")]
    [InlineData("mixtral")]
    [InlineData("olmo2")]
    [InlineData("olmo3")]
    [InlineData("olmoe")]
    [InlineData("phi3-longrope")]
    [InlineData("phi3-window")]
    [InlineData("qwen2_moe")]
    [InlineData("qwen3_moe")]
    [InlineData("seed_oss")]
    [InlineData("smollm3")]
    public void File_gives_the_reference_logits(string name)
    {
        using GoldenCase golden = new(name);
        using LanguageModel model = ModelRun.Load(Path.Combine(golden.Folder, FileName));

        GoldenCase.AssertClose(golden.Floats("logits"), ModelRun.Batch(model, golden.Sequences(), StateOptions.Default),
            golden.Tolerance("logits"), "logits");
    }

    /// <summary>Gemma's files do not state query_pre_attn_scalar, which is the width of a head in all but the largest models.</summary>
    [Theory]
    [InlineData("gemma2")]
    [InlineData("gemma3_text")]
    public void File_gives_the_logits_of_the_folder_with_the_scale_of_its_heads(string name)
    {
        using GoldenCase golden = new(name);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("retnet-golden");
        try
        {
            JsonNode configuration = JsonNode.Parse(File.ReadAllText(Path.Combine(golden.Folder, "config.json")))!;
            configuration["query_pre_attn_scalar"] = configuration["head_dim"]!.DeepClone();
            File.WriteAllText(Path.Combine(folder.FullName, "config.json"), configuration.ToJsonString());
            File.Copy(Path.Combine(golden.Folder, "model.safetensors"), Path.Combine(folder.FullName, "model.safetensors"));
            using LanguageModel expected = ModelRun.Load(folder.FullName);
            using LanguageModel model = ModelRun.Load(Path.Combine(golden.Folder, FileName));

            GoldenCase.AssertClose(ModelRun.Batch(expected, golden.Sequences(), StateOptions.Default),
                ModelRun.Batch(model, golden.Sequences(), StateOptions.Default), golden.Tolerance("logits"), "logits");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("phi3-longrope")]
    public void Texts_longer_than_the_original_length_give_the_reference_logits(string name)
    {
        using GoldenCase golden = new(name);
        using LanguageModel model = ModelRun.Load(Path.Combine(golden.Folder, FileName));

        GoldenCase.AssertClose(golden.Floats("long.logits"),
            ModelRun.Batch(model, golden.Sequences("long.input_ids"), StateOptions.Default), golden.Tolerance("logits"), "logits");
    }
}
