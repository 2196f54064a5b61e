using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Conformance;

/// <summary>Full attention of every family against transformers.</summary>
public sealed class TransformerGoldenTests
{
    public static TheoryData<string> Cases =>
        ["llama-plain", "llama3-rope-tied", "mistral-window16", "qwen2-bias", "qwen3-qknorm", .. TestDevice.Architectures];

    public static TheoryData<string> CasesOfTransformers5 => ["llama3-rope-tied", .. TestDevice.Architectures];

    [Theory]
    [MemberData(nameof(Cases))]
    public void One_forward_gives_the_reference_logits_and_hidden_states(string name)
    {
        using GoldenCase golden = new(name);
        using LanguageModel model = ModelRun.Load(golden.Folder);
        int[][] sequences = golden.Sequences();
        GoldenCase.AssertClose(golden.Floats("logits"), ModelRun.Batch(model, sequences, StateOptions.Default), golden.Tolerance("logits"),
            "logits");
        float[] hidden = ModelRun.Batch(model, sequences, StateOptions.Default, ForwardOutput.AllHidden);
        GoldenCase.AssertClose(golden.Floats("final_norm"), hidden, golden.Tolerance("hidden"), "hidden");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Token_by_token_and_any_pieces_give_the_reference_logits(string name)
    {
        using GoldenCase golden = new(name);
        using LanguageModel model = ModelRun.Load(golden.Folder);
        int[] tokens = golden.Sequences()[1];
        float[] expected = golden.Floats("logits")[(tokens.Length * model.Info.VocabularySize)..];
        foreach (IEnumerable<int> pieces in new[] { ModelRun.OneByOne(tokens.Length), [20, 1, 12], [1, 31, 1] })
        {
            using SequenceState state = model.CreateState();
            GoldenCase.AssertClose(expected, ModelRun.InPieces(model, state, tokens, pieces), golden.Tolerance("logits"), "logits");
        }
    }

    [Fact]
    public void Beyond_the_length_of_its_switch_LongRoPE_gives_the_reference_logits()
    {
        using GoldenCase golden = new("phi3-longrope");
        using LanguageModel model = ModelRun.Load(golden.Folder);
        float[] logits = ModelRun.Batch(model, golden.Sequences("long.input_ids"), StateOptions.Default);
        GoldenCase.AssertClose(golden.Floats("long.logits"), logits, golden.Tolerance("logits"), "logits");
    }

    [Theory]
    [MemberData(nameof(CasesOfTransformers5))]
    public void Configuration_of_transformers_5_loads_to_the_same_model(string name)
    {
        using GoldenCase golden = new(name);
        string folder = Directory.CreateTempSubdirectory("retnet-golden").FullName;
        try
        {
            File.Copy(Path.Combine(golden.Folder, "model.safetensors"), Path.Combine(folder, "model.safetensors"));
            File.Copy(Path.Combine(golden.Folder, "config.transformers5.json"), Path.Combine(folder, "config.json"));
            using LanguageModel model = ModelRun.Load(folder);
            GoldenCase.AssertClose(golden.Floats("logits"), ModelRun.Batch(model, golden.Sequences(), StateOptions.Default),
                golden.Tolerance("logits"), "logits");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
