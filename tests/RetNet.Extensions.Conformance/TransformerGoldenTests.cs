using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Conformance;

/// <summary>Full attention of every family against transformers.</summary>
public sealed class TransformerGoldenTests
{
    [Theory]
    [InlineData("llama-plain")]
    [InlineData("llama3-rope-tied")]
    [InlineData("mistral-window16")]
    [InlineData("qwen2-bias")]
    [InlineData("qwen3-qknorm")]
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
    [InlineData("llama-plain")]
    [InlineData("llama3-rope-tied")]
    [InlineData("mistral-window16")]
    [InlineData("qwen2-bias")]
    [InlineData("qwen3-qknorm")]
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
    public void Configuration_of_transformers_5_loads_to_the_same_model()
    {
        using GoldenCase golden = new("llama3-rope-tied");
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
