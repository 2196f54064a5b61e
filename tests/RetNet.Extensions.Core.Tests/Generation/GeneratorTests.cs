using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Tests.Checkpoints;

namespace RetNet.Extensions.Core.Tests.Generation;

public sealed class GeneratorTests : IDisposable
{
    private static readonly SamplingOptions Seeded = new() { Seed = 11, TopK = 20 };

    private readonly SyntheticModel _retnet = SyntheticModel.Fla();
    private readonly SyntheticModel _llama = SyntheticModel.Llama();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Several_requests_at_once_give_what_each_gives_alone(bool retnet)
    {
        LanguageModel model = (retnet ? _retnet : _llama).Model;
        GenerationRequest[] requests =
        [
            Request(Seeded, promptLength: 3, maxTokens: 30),
            Request(SamplingOptions.Greedy, promptLength: 270, maxTokens: 12),
            Request(Seeded with { Seed = 3 }, promptLength: 1, maxTokens: 1),
            Request(Seeded with { RepetitionPenalty = 1.3f, FrequencyPenalty = 0.2f }, promptLength: 40, maxTokens: 25, new Tova(10)),
        ];
        Generator generator = new(model);
        Completion[] completions = [.. requests.Select(generator.Start)];
        while (generator.Step(completions) > 0)
        {
        }

        for (int i = 0; i < requests.Length; i++)
        {
            using Completion completion = completions[i];
            GenerationResult alone = new Generator(model).Generate(requests[i]), together = completion.Result("");
            Assert.Equal(alone.Tokens, together.Tokens);
            Assert.Equal((alone.FinishReason, alone.PromptTokens, alone.StateBytes),
                (together.FinishReason, together.PromptTokens, together.StateBytes));
        }
    }

    [Fact]
    public void Same_seed_same_tokens_other_seed_other_tokens()
    {
        Generator generator = new(_retnet.Model);
        int[] Tokens(long seed) => [.. generator.Generate(Request(new SamplingOptions { Seed = seed }, 4, 40)).Tokens];
        Assert.Equal(Tokens(1), Tokens(1));
        Assert.NotEqual(Tokens(1), Tokens(2));
        Assert.NotEqual(Tokens(1), Tokens(-2));
    }

    [Fact]
    public void Generation_ends_at_the_largest_number_of_tokens_or_before_a_stop_token()
    {
        Generator generator = new(_retnet.Model);
        GenerationResult free = generator.Generate(Request(Seeded, 5, 40));
        Assert.Equal((FinishReason.Length, 40, 5), (free.FinishReason, free.Tokens.Count, free.PromptTokens));
        int stop = free.Tokens[20];
        int first = free.Tokens.ToList().IndexOf(stop);
        GenerationResult stopped = generator.Generate(Request(Seeded, 5,
            40) with
        { Options = Options(Seeded, 40) with { StopTokens = [stop] } });
        Assert.Equal(FinishReason.Stop, stopped.FinishReason);
        Assert.Equal(free.Tokens.Take(first), stopped.Tokens);
    }

    [Fact]
    public void The_models_end_of_sequence_tokens_stop_by_default()
    {
        GenerationOptions options = new()
        {
            MaxTokens = 5,
            Sampling = SamplingOptions.Greedy with { LogitBias = new Dictionary<int, float> { [2] = 1000 } }
        };
        GenerationResult result = new Generator(_llama.Model).Generate(new GenerationRequest(SyntheticModel.Tokens(3), options));
        Assert.Equal((FinishReason.Stop, 0), (result.FinishReason, result.Tokens.Count));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_request_continues_a_given_state_and_leaves_it_to_the_caller(bool retnet)
    {
        LanguageModel model = (retnet ? _retnet : _llama).Model;
        int[] prompt = SyntheticModel.Tokens(30);
        Generator generator = new(model);
        GenerationResult whole = generator.Generate(new GenerationRequest(prompt, Options(SamplingOptions.Greedy, 12)));
        using SequenceState state = model.CreateState();
        SyntheticModel.Feed(state, prompt.AsSpan(0, 20));
        GenerationResult first = generator.Generate(new GenerationRequest(prompt.AsMemory(20), Options(SamplingOptions.Greedy, 5), state));
        Assert.Equal(whole.Tokens.Take(5), first.Tokens);

        // The state has seen all but the last generated token.
        Assert.Equal(34, state.Position);
        GenerationResult second = generator.Generate(new GenerationRequest(new[] { first.Tokens[^1] }, Options(SamplingOptions.Greedy, 7),
            state));
        Assert.Equal(whole.Tokens.Skip(5), second.Tokens);
    }

    [Fact]
    public void Context_counts_for_the_repetition_penalty()
    {
        int[] prompt = SyntheticModel.Tokens(30);
        GenerationOptions options = Options(SamplingOptions.Greedy with { RepetitionPenalty = 5 }, 12);
        GenerationResult whole = new Generator(_retnet.Model).Generate(new GenerationRequest(prompt, options));
        using SequenceState state = _retnet.Model.CreateState();
        SyntheticModel.Feed(state, prompt.AsSpan(0, 20));
        GenerationRequest request = new(prompt.AsMemory(20), options, state) { Context = prompt.AsMemory(0, 20) };
        Assert.Equal(whole.Tokens, new Generator(_retnet.Model).Generate(request).Tokens);
    }

    [Fact]
    public void Bad_requests_are_refused_by_name()
    {
        Generator generator = new(_retnet.Model);
        Refused("prompt", new GenerationRequest(Array.Empty<int>()));
        Refused("MaxTokens is 0", new GenerationRequest(new[] { 1 }, new GenerationOptions { MaxTokens = 0 }));
        Refused("tokenizer", new GenerationRequest(new[] { 1 }, new GenerationOptions { StopStrings = ["x"] }));
        Refused("StopStrings", new GenerationRequest(new[] { 1 }, new GenerationOptions { StopStrings = [""] }));
        Refused("TopP is 2", new GenerationRequest(new[] { 1 }, new GenerationOptions { Sampling = new SamplingOptions { TopP = 2 } }));
        Refused("Token 77", new GenerationRequest(new[] { 77 }));

        void Refused(string says, GenerationRequest request) =>
            Assert.Contains(says, Assert.ThrowsAny<ArgumentException>(() => generator.Generate(request)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stop_strings_end_the_text_across_token_borders()
    {
        using TextModel model = TextModel.Load(Path.Combine(RepositoryFiles.Models, "retnet-tinystories"),
            new ModelLoadOptions { Threads = 1 });
        Generator generator = model.CreateGenerator();
        int[] prompt = model.Chat.Encode([new ChatTemplateMessage("user", "Tell me a story about a cat.")]);
        GenerationOptions options = model.DefaultOptions with { MaxTokens = 60, Sampling = SamplingOptions.Greedy };
        string free = generator.Generate(new GenerationRequest(prompt, options)).Text;
        for (int start = 5; start < free.Length - 6; start += 50)
        {
            string stop = free.Substring(start, 6);
            GenerationResult stopped = generator.Generate(new GenerationRequest(prompt, options with { StopStrings = [stop, "§"] }));
            Assert.Equal(FinishReason.Stop, stopped.FinishReason);
            Assert.Equal(free[..free.IndexOf(stop, StringComparison.Ordinal)], stopped.Text);
        }
    }

    public void Dispose()
    {
        _retnet.Dispose();
        _llama.Dispose();
    }

    private static GenerationOptions Options(SamplingOptions sampling, int maxTokens) =>
        new() { MaxTokens = maxTokens, Sampling = sampling, StopTokens = [] };

    private static GenerationRequest Request(SamplingOptions sampling, int promptLength, int maxTokens, IMultiStatePolicy? policy = null) =>
        new(SyntheticModel.Tokens(promptLength),
            Options(sampling, maxTokens) with { State = new StateOptions { Policy = policy ?? Full.Instance } });
}
