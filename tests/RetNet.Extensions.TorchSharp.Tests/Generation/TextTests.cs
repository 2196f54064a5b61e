using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.TorchSharp.Tests.Generation;

/// <summary>Texts of the embedded RetNet on libtorch.</summary>
public sealed class TextTests
{
    private static readonly ModelLoadOptions OnTorch = new()
    {
        Threads = 1,
        Device = Models.Torch,
        WeightFormat = Core.Formats.WeightFormat.Float32
    };
    private static readonly ModelLoadOptions OnCpu = new() { WeightFormat = Core.Formats.WeightFormat.Float32 };

    [Theory]
    [InlineData(0)]
    [InlineData(0.8f)]
    public async Task A_batch_of_texts_is_that_of_the_managed_engine(float temperature)
    {
        GenerationOptions options = new()
        {
            MaxTokens = 30,
            Sampling = new SamplingOptions { Temperature = temperature, TopP = 0.9f, Seed = 4 }
        };
        Assert.Equal(await TextsAsync(OnCpu, options), await TextsAsync(OnTorch, options));
    }

    [Fact]
    public async Task The_scheduler_generates_on_the_device()
    {
        GenerationOptions options = new() { MaxTokens = 20, Sampling = SamplingOptions.Greedy };
        using TextModel cpu = TextModel.Load(Models.Embedded("retnet-tinystories"), OnCpu), torch = TextModel.Load(
            Models.Embedded("retnet-tinystories"), OnTorch);
        IReadOnlyList<GenerationResult> results = await torch.Scheduler.GenerateAsync([.. Requests(torch, options)]);
        Assert.Equal((await cpu.Scheduler.GenerateAsync([.. Requests(cpu, options)])).Select(result => result.Text),
            results.Select(result => result.Text));
    }

    [Fact]
    public async Task Log_probabilities_are_those_of_the_managed_engine_beside_texts_without_them()
    {
        SamplingOptions sampling = new() { Temperature = 0.8f, Seed = 4 };
        GenerationOptions options = new() { MaxTokens = 20, TopLogProbs = 3, Sampling = sampling };
        using TextModel cpu = TextModel.Load(Models.Embedded("llama-tinystories"), OnCpu), torch = TextModel.Load(
            Models.Embedded("llama-tinystories"), OnTorch);
        GenerationRequest[] requests = [.. Requests(torch, options)];
        requests[0] = requests[0] with { Options = options with { TopLogProbs = null } };

        IReadOnlyList<GenerationResult> results = await torch.Scheduler.GenerateAsync(requests);
        IReadOnlyList<GenerationResult> expected = await cpu.Scheduler.GenerateAsync(requests);

        Assert.Equal(expected.Select(result => result.Text), results.Select(result => result.Text));
        Assert.Empty(results[0].LogProbs);
        for (int i = 1; i < results.Count; i++)
        {
            Assert.Equal(results[i].Tokens.Count, results[i].LogProbs.Count);
            Assert.All(results[i].LogProbs.Zip(expected[i].LogProbs), pair => Assert.Equal(pair.Second, pair.First, 1e-3));
            Assert.All(results[i].TopLogProbs.Zip(expected[i].TopLogProbs),
                pair => Assert.Equal(pair.Second.LogProbability, pair.First.LogProbability, 1e-3));
        }
    }

    [Theory]
    [InlineData("retnet-tinystories", false)]
    [InlineData("llama-tinystories", false)]
    [InlineData("llama-tinystories", true)]
    public async Task A_conversation_goes_on_from_what_another_engine_kept(string name, bool drops)
    {
        StateOptions state = drops ? new StateOptions { Policy = new Tova(12) } : StateOptions.Default;
        GenerationOptions options = new() { MaxTokens = 20, StopTokens = [], Sampling = SamplingOptions.Greedy, State = state };
        using TextModel cpu = TextModel.Load(Models.Embedded(name), OnCpu), torch = TextModel.Load(Models.Embedded(name), OnTorch);
        int[] prompt = cpu.Tokenizer.Encode("Once upon a time, there was a little dog who lived in a big house with a cat.");
        foreach ((TextModel from, TextModel to) in ((TextModel, TextModel)[])[(cpu, torch), (torch, cpu), (torch, torch)])
        {
            GenerationRequest first = new(prompt, options) { KeepFor = new object(), KeepPrompt = true };
            GenerationResult said = (await from.Scheduler.GenerateAsync([first]))[0];
            int[] next = [.. prompt, .. said.Tokens, .. cpu.Tokenizer.Encode(" Then", addSpecialTokens: false)];
            using MemoryStream saved = new();
            Assert.True(from.Scheduler.SaveKept(first.KeepFor, next, state, saved));
            saved.Position = 0;
            object owner = new();
            Assert.True(to.Scheduler.RestoreKept(owner, saved));

            GenerationRequest second = new(next, options) { KeepFor = owner };
            using ScheduledGeneration generation = await to.Scheduler.EnqueueAsync(second);
            GenerationResult result = await generation.Result;

            Assert.Equal(cpu.CreateGenerator().Generate(new GenerationRequest(next, options)).Text, result.Text);
            Assert.InRange(generation.CachedTokens, prompt.Length - 1, next.Length - 1);
            to.Scheduler.Forget(owner);
        }
    }

    [Theory]
    [InlineData("retnet-tinystories", 0)]
    [InlineData("retnet-tinystories", 0.8f)]
    [InlineData("llama-tinystories", 0)]
    [InlineData("llama-tinystories", 0.8f)]
    public async Task Texts_of_a_schema_keep_it_and_are_those_of_the_managed_engine(string name, float temperature)
    {
        GenerationOptions options = new()
        {
            MaxTokens = 100,
            Sampling = new SamplingOptions { Temperature = temperature, Seed = 4 },
            Grammar = Grammar.FromJsonSchema(JsonElement.Parse(
                """
                {"type": "object", "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "minimum": 1,
                 "maximum": 99}, "kind": {"enum": ["dog", "cat"]}}, "required": ["name", "age", "kind"], "additionalProperties": false}
                """)),
        };
        using TextModel cpu = TextModel.Load(Models.Embedded(name), OnCpu), torch = TextModel.Load(Models.Embedded(name), OnTorch);

        // Requests without a grammar run in the same batch.
        GenerationRequest[] requests = [.. Requests(torch, options), .. Requests(torch, options with { Grammar = null, MaxTokens = 20 })];
        IReadOnlyList<GenerationResult> results = await torch.Scheduler.GenerateAsync(requests);

        IReadOnlyList<GenerationResult> expected = await cpu.Scheduler.GenerateAsync(requests);

        Assert.Equal(expected.Select(result => result.Text), results.Select(result => result.Text));
        foreach (GenerationResult result in results.Take(3))
        {
            JsonElement answer = JsonElement.Parse(result.Text);
            Assert.Equal(FinishReason.Stop, result.FinishReason);
            Assert.InRange(answer.GetProperty("name").GetString()!.Length, 0, 12);
            Assert.InRange(answer.GetProperty("age").GetInt32(), 1, 99);
            Assert.Contains(answer.GetProperty("kind").GetString(), (string[])["dog", "cat"]);
        }
    }

    [Fact]
    public void The_models_facts_name_the_device()
    {
        using LanguageModel cpu =
            Models.OnCpu(Models.Embedded("retnet-tinystories")), torch = Models.OnTorch(Models.Embedded("retnet-tinystories"));
        Assert.Equal(Models.Torch, torch.Info.Device);
        Assert.Equal(cpu.Info with { Device = Models.Torch, Threads = 0, EndOfSequenceIds = [] },
            torch.Info with { Threads = 0, EndOfSequenceIds = [] });
        Assert.Equal(cpu.StateBytes(null, 1000), torch.StateBytes(null, 1000));
    }

    [Fact]
    public void A_format_that_libtorch_has_not_is_refused_by_name()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Models.OnTorch(Models.Golden("retnet-fla-untied"),
            Core.Formats.WeightFormat.Int8));
        Assert.Contains("Int8", error.Message, StringComparison.Ordinal);
        Assert.Contains("BFloat16", error.Message, StringComparison.Ordinal);
    }

    private static async Task<string[]> TextsAsync(ModelLoadOptions load, GenerationOptions options)
    {
        using TextModel model = TextModel.Load(Models.Embedded("retnet-tinystories"), load);
        return [.. (await model.Scheduler.GenerateAsync([.. Requests(model, options)])).Select(result => result.Text)];
    }

    private static IEnumerable<GenerationRequest> Requests(TextModel model, GenerationOptions options) =>
        ((string[])["Once upon a time", "Tom and Lily", "The little dog was very"])
            .Select(text => new GenerationRequest(model.Tokenizer.Encode(text), options));
}
