using FsCheck.Xunit;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Core.Tests.Generation.Scheduling;

/// <summary>Where rotary frequencies depend on a sequence's length, states are shared only among texts with the same ones, and a text that
/// LongRoPE gives others is read again.</summary>
public sealed class RotarySwitchTests : IDisposable
{
    private readonly SyntheticModel _dynamic = SyntheticModel.Dynamic();
    private readonly SyntheticModel _long = SyntheticModel.LongRope();

    [Property(MaxTest = 12)]
    public void A_prompt_gets_what_it_gets_alone_whoever_came_before(int seed)
    {
        Random random = new(seed);
        (LanguageModel model, int border) = random.Next(2) == 0 ? (_dynamic.Model, 400) : (_long.Model, 100);
        int[] tokens = SyntheticModel.Tokens(border + 300, seed);
        GenerationOptions options = new() { MaxTokens = 4, StopTokens = [], TopLogProbs = 3, Sampling = SamplingOptions.Greedy };
        using BatchScheduler scheduler = new(model);
        for (int i = 0; i < 6; i++)
        {
            int length = border + random.Next(-40, 60);
            GenerationRequest request = new(tokens.AsMemory(0, length), options) { PrefixLength = random.Next(length) };

            GenerationResult expected = new Generator(model).Generate(request);
            GenerationResult found = scheduler.GenerateAsync([request]).GetAwaiter().GetResult()[0];

            Assert.Equal(expected.Tokens, found.Tokens);
            Assert.Equal(expected.LogProbs, found.LogProbs);
            Assert.Equal(expected.TopLogProbs, found.TopLogProbs);
        }
    }

    [Theory]
    [InlineData(false, 380, 90)]
    [InlineData(true, 80, 60)]
    [InlineData(true, 30, 30)]
    [InlineData(true, 95, 30)]
    [InlineData(true, 130, 30)]
    public async Task A_conversation_goes_on_from_a_state_with_its_own_frequencies(bool isLong, int prompt, int turnTokens)
    {
        LanguageModel model = (isLong ? _long : _dynamic).Model;
        GenerationOptions options = new() { MaxTokens = 12, StopTokens = [], TopLogProbs = 3, Sampling = SamplingOptions.Greedy };
        foreach (bool isStored in (bool[])[false, true])
        {
            BatchScheduler scheduler = new(model);
            int[] history = SyntheticModel.Tokens(prompt);
            for (int turn = 0; turn < 4; turn++)
            {
                GenerationRequest request = new(history, options) { KeepFor = this, KeepPrompt = true };
                GenerationResult expected = new Generator(model).Generate(request);

                using ScheduledGeneration generation = await scheduler.EnqueueAsync(request);
                GenerationResult found = await generation.Result;

                Assert.Equal(expected.Tokens, found.Tokens);
                Assert.All(expected.LogProbs.Zip(found.LogProbs), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
                bool isSame = isLong && (history.Length <= 100 || history.Length - turnTokens - 1 > 100);
                if (turn > 0 && isSame)
                    Assert.Equal(history.Length - turnTokens - 1, generation.CachedTokens);
                history = [.. history, .. found.Tokens, .. SyntheticModel.Tokens(turnTokens, seed: turn)];
                if (!isStored)
                    continue;
                using MemoryStream saved = new();
                bool isSaved = scheduler.SaveKept(this, history, options.State, saved);
                await scheduler.DisposeAsync();
                scheduler = new BatchScheduler(model);
                saved.Position = 0;
                Assert.True(!isSaved || scheduler.RestoreKept(this, saved));
            }

            await scheduler.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(0, 60, 0)]
    [InlineData(0, 99, 0)]
    [InlineData(0, 100, 0)]
    [InlineData(0, 130, 0)]
    [InlineData(0, 70, 8)]
    [InlineData(20, 60, 0)]
    [InlineData(20, 60, 8)]
    public async Task A_text_that_grows_beyond_the_switch_of_LongRoPE_is_read_again_with_the_long_factors(int rows, int prompt, int guesses)
    {
        StateOptions state = rows == 0 ? StateOptions.Default : new StateOptions { Policy = new Tova(rows) };
        GenerationOptions options = new()
        {
            MaxTokens = 150,
            StopTokens = [],
            Sampling = SamplingOptions.Greedy,
            State = state,
            PromptLookupTokens = guesses,
        };
        int[] tokens = [.. Enumerable.Range(0, prompt).Select(i => (i * i % 7) + 3)];
        GenerationRequest request = new(tokens, options);
        int[] expected = ReadingAgain(tokens, 150, state);

        Assert.Equal(expected, new Generator(_long.Model).Generate(request).Tokens);
        using BatchScheduler scheduler = new(_long.Model, options: new BatchSchedulerOptions { PrefillChunk = 16 });
        GenerationRequest other = request with { Prompt = SyntheticModel.Tokens(90) };
        IReadOnlyList<GenerationResult> found = await scheduler.GenerateAsync([request, other, request]);
        Assert.Equal(expected, found[0].Tokens);
        Assert.Equal(expected, found[2].Tokens);
        Assert.Equal(ReadingAgain(SyntheticModel.Tokens(90), 150, state), found[1].Tokens);
    }

    public void Dispose()
    {
        _dynamic.Dispose();
        _long.Dispose();
    }

    /// <summary>What transformers' Phi 3 does: the first input beyond the switch is the whole text, with an empty cache.</summary>
    private int[] ReadingAgain(int[] prompt, int count, StateOptions options)
    {
        List<int> tokens = [.. prompt];
        SequenceState state = _long.Model.CreateState(options);
        while (tokens.Count < prompt.Length + count)
        {
            if (state.Position is > 0 and <= 100 && tokens.Count > 100)
            {
                state.Dispose();
                state = _long.Model.CreateState(options);
            }

            int[] input = [.. tokens.Skip((int)state.Position)];
            float[] logits = SyntheticModel.Feed(state, input, ForwardOutput.LastLogits);
            tokens.Add(Array.IndexOf(logits, logits.Max()));
        }

        state.Dispose();
        return [.. tokens.Skip(prompt.Length)];
    }
}
