using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Conformance;

/// <summary>The two embedded models against the code that trained them.</summary>
public sealed class EmbeddedModelTests
{
    private static readonly JsonElement Expected =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(GoldenCase.Root, "models-tinystories.json"))).RootElement.GetProperty("models");

    public static TheoryData<string, WeightFormat> Runs => new()
    {
        { "retnet-tinystories", WeightFormat.BFloat16 },
        { "retnet-tinystories", WeightFormat.Float32 },
        { "llama-tinystories", WeightFormat.BFloat16 },
        { "llama-tinystories", WeightFormat.Float32 },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Greedy_continuations_have_the_reference_tokens_and_text(string name, WeightFormat format)
    {
        using TextModel model = TextModel.Load(Path.Combine(AppContext.BaseDirectory, "models", name),
            new ModelLoadOptions { WeightFormat = format });
        JsonElement[] cases = [.. Expected.GetProperty(name).GetProperty("greedy").EnumerateArray()];
        int[][] prompts = [.. cases.Select(c => model.Chat.Encode([new ChatTemplateMessage("user",
            c.GetProperty("prompt").GetString()!)]))];
        GenerationOptions options = new() { MaxTokens = 96, StopTokens = model.DefaultOptions.StopTokens };
        IReadOnlyList<GenerationResult> results =
            await model.Scheduler.GenerateAsync([.. prompts.Select(prompt => new GenerationRequest(prompt, options))]);
        for (int i = 0; i < cases.Length; i++)
        {
            Assert.Equal(Ids(cases[i], "prompt_ids"), prompts[i]);
            Assert.Equal(Ids(cases[i], "ids"), results[i].Tokens);
            Assert.Equal(cases[i].GetProperty("text").GetString(), results[i].Text);
        }
    }

    [Theory]
    [InlineData("retnet-tinystories", WeightFormat.Int8, 0.03)]
    [InlineData("llama-tinystories", WeightFormat.Int8, 0.03)]
    [InlineData("retnet-tinystories", WeightFormat.Int4, 0.2)]
    [InlineData("llama-tinystories", WeightFormat.Int4, 0.2)]
    public void Integer_weights_stay_close_to_the_stored_ones(string name, WeightFormat format, double tolerance)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "models", name);
        int[] tokens = Ids(Expected.GetProperty(name).GetProperty("greedy")[0], "ids");
        float[] stored = Logits(folder, tokens, WeightFormat.Auto);
        float[] rounded = Logits(folder, tokens, format);
        double squares = 0;
        double differences = 0;
        for (int i = 0; i < stored.Length; i++)
        {
            squares += stored[i] * stored[i];
            differences += Math.Pow(stored[i] - rounded[i], 2);
        }

        // The relative error of the logits: groups of 32 weights keep it within a few percent with 8 bits; with 4 bits a step is 17 times
        // as large.
        Assert.InRange(Math.Sqrt(differences / squares), 0, tolerance);
    }

    [Fact]
    public void Tova_with_room_for_everything_writes_what_the_full_cache_writes()
    {
        using TextModel model = TextModel.Load(Path.Combine(AppContext.BaseDirectory, "models", "llama-tinystories"));
        Generator generator = model.CreateGenerator();
        int[] prompt = model.Chat.Encode([new ChatTemplateMessage("user", "Tell me a story about a dog.")]);
        GenerationOptions full = new() { MaxTokens = 60 };
        GenerationOptions tova = full with { State = new StateOptions { Policy = new Tova(512) } };
        Assert.Equal(generator.Generate(new GenerationRequest(prompt, full)).Text,
            generator.Generate(new GenerationRequest(prompt, tova)).Text);
    }

    private static float[] Logits(string folder, int[] tokens, WeightFormat format)
    {
        using LanguageModel model = LanguageModel.Load(folder, new ModelLoadOptions { WeightFormat = format });
        return ModelRun.Batch(model, [tokens], StateOptions.Default);
    }

    private static int[] Ids(JsonElement element, string property) =>
        [.. element.GetProperty(property).EnumerateArray().Select(id => id.GetInt32())];
}
