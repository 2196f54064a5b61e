using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>Requests that go on from kept states give the tokens that they give without any, whatever the model remembers.</summary>
public sealed class StateReuseTests : IDisposable
{
    private const int AnswerTokens = 12;

    private readonly SyntheticModel _fla = SyntheticModel.Fla();
    private readonly SyntheticModel _torchScale = SyntheticModel.TorchScale(chunk: 16);
    private readonly SyntheticModel _llama = SyntheticModel.Llama();
    private readonly SyntheticModel _mistral = SyntheticModel.Llama(slidingWindow: 40);

    public static TheoryData<string, StateOptions, int> Memories => new()
    {
        // The numbers are the tokens that a turn after a prompt of 50 and an answer of 12 tokens does not read again: all but the last
        // token of the answer, or the prompt up to where the policy cuts it, or up to the end of a chunk.
        { "fla", StateOptions.Default, 61 },
        { "fla", new StateOptions { Form = RetentionForm.Chunkwise, RetentionChunk = 16 }, 48 },
        { "torchscale", StateOptions.Default, 61 },
        { "torchscale", new StateOptions { Form = RetentionForm.Chunkwise }, 48 },
        { "llama", StateOptions.Default, 61 },
        { "llama", new StateOptions { Policy = new Tova(100) }, 61 },
        { "llama", new StateOptions { Policy = new Tova(20) }, 49 },
        { "llama", new StateOptions { Policy = new Tova(20), PromptChunk = 0 }, 49 },
        { "llama", new StateOptions { Policy = new Tova(20), PromptChunk = 16 }, 49 },
        { "llama", new StateOptions { Policy = new Tova(55), PromptChunk = 16 }, 50 },
        { "llama", new StateOptions { Policy = new Window(20) }, 49 },
        { "llama", new StateOptions { Policy = new Sinks(4, 20) }, 49 },
        { "llama", new StateOptions { Policy = new H2O(20), PromptChunk = 16 }, 48 },
        { "llama", new StateOptions { Policy = new H2O(20) }, 0 },
        { "mistral", StateOptions.Default, 61 },
    };

    [Theory]
    [MemberData(nameof(Memories))]
    public async Task Turns_give_the_tokens_that_they_give_without_kept_states(string family, StateOptions state, int reused)
    {
        LanguageModel model = Model(family);
        await using BatchScheduler scheduler = new(model, options: new() { PrefillChunk = 20 });
        int[] prompt = SyntheticModel.Tokens(50, seed: 5);
        for (int turn = 0; turn < 3; turn++)
        {
            (int[] answer, int cached) = await AnswerAsync(scheduler, prompt, state);
            Assert.Equal(Alone(model, prompt, state), answer);
            if (turn < 2)
                Assert.Equal(turn == 0 ? 0 : reused, cached);
            else
                Assert.Equal(reused > 0, cached > reused);
            prompt = [.. prompt, .. answer, .. SyntheticModel.Tokens(9, seed: turn)];
        }
    }

    [Theory]
    [MemberData(nameof(Memories))]
    public async Task Every_branch_of_a_conversation_goes_on_from_where_it_left(string family, StateOptions state, int reused)
    {
        LanguageModel model = Model(family);
        await using BatchScheduler scheduler = new(model);
        int[] prompt = SyntheticModel.Tokens(50, seed: 6);
        (int[] answer, _) = await AnswerAsync(scheduler, prompt, state);
        for (int branch = 0; branch < 3; branch++)
        {
            int[] turn = [.. prompt, .. answer, .. SyntheticModel.Tokens(9, seed: branch)];
            (int[] found, int cached) = await AnswerAsync(scheduler, turn, state);

            Assert.Equal(Alone(model, turn, state), found);
            Assert.Equal(reused, cached);
        }

        // An answer that comes back in other tokens, for example without its reasoning: the prompt's state is there.
        int[] changed = [.. prompt, .. SyntheticModel.Tokens(30, seed: 9)];
        (int[] after, int fromPrompt) = await AnswerAsync(scheduler, changed, state);
        Assert.Equal(Alone(model, changed, state), after);
        Assert.Equal(Math.Min(reused, prompt.Length), fromPrompt);
    }

    [Fact]
    public async Task A_text_that_is_broken_off_leaves_the_state_of_its_prompt()
    {
        await using BatchScheduler scheduler = new(_llama.Model);
        int[] prompt = SyntheticModel.Tokens(50, seed: 4);
        using CancellationTokenSource goesAway = new();
        GenerationRequest request = new(prompt, Options(StateOptions.Default) with { MaxTokens = 100_000 })
        {
            KeepFor = this,
            KeepPrompt = true,
        };
        using (ScheduledGeneration text = await scheduler.EnqueueAsync(request, goesAway.Token))
        {
            Assert.True(await text.ReadAsync());
            await goesAway.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => text.Result);
        }

        int[] next = [.. prompt, .. SyntheticModel.Tokens(9, seed: 8)];
        (int[] found, int cached) = await AnswerAsync(scheduler, next, StateOptions.Default);
        Assert.Equal(Alone(_llama.Model, next, StateOptions.Default), found);
        Assert.Equal(prompt.Length, cached);
    }

    [Fact]
    public async Task The_same_prompt_again_is_kept_once()
    {
        await using BatchScheduler scheduler = new(_llama.Model);
        int[] prompt = SyntheticModel.Tokens(50, seed: 7);
        await AnswerAsync(scheduler, prompt, StateOptions.Default);
        long kept = scheduler.KeptStateBytes;

        for (int i = 0; i < 3; i++)
            await AnswerAsync(scheduler, prompt, StateOptions.Default);

        Assert.Equal(kept, scheduler.KeptStateBytes);
    }

    [Fact]
    public async Task Branches_take_no_room_from_other_conversations()
    {
        long size = StateBytes();
        await using BatchScheduler scheduler = new(_fla.Model, options: new() { KeptStateBytes = 2 * size });
        int[] other = SyntheticModel.Tokens(40, seed: 8);
        int[] prompt = SyntheticModel.Tokens(40, seed: 9);
        (int[] said, _) = await AnswerAsync(scheduler, other, StateOptions.Default, keepPrompt: false);
        (int[] answer, _) = await AnswerAsync(scheduler, prompt, StateOptions.Default, keepPrompt: false);

        int[] next = [.. prompt, .. answer, 3, 4];
        Assert.Equal(51, (await AnswerAsync(scheduler, next, StateOptions.Default, keepPrompt: false)).Cached);

        Assert.Equal(51, (await AnswerAsync(scheduler, [.. other, .. said, 5], StateOptions.Default, keepPrompt: false)).Cached);
        Assert.Equal(2 * size, scheduler.KeptStateBytes);

        long StateBytes()
        {
            using SequenceState state = _fla.Model.CreateState();
            return state.ByteSize;
        }
    }

    public void Dispose()
    {
        _fla.Dispose();
        _torchScale.Dispose();
        _llama.Dispose();
        _mistral.Dispose();
    }

    private async Task<(int[] Tokens, int Cached)> AnswerAsync(
        BatchScheduler scheduler, int[] prompt, StateOptions state, bool keepPrompt = true)
    {
        using ScheduledGeneration answer = await scheduler.EnqueueAsync(
            new GenerationRequest(prompt, Options(state)) { KeepFor = this, KeepPrompt = keepPrompt });
        GenerationResult result = await answer.Result;
        return ([.. result.Tokens], answer.CachedTokens);
    }

    private static int[] Alone(LanguageModel model, int[] prompt, StateOptions state) =>
        [.. new Generator(model).Generate(new GenerationRequest(prompt, Options(state))).Tokens];

    private static GenerationOptions Options(StateOptions state) => new()
    {
        MaxTokens = AnswerTokens,
        StopTokens = [],
        State = state,
        Sampling = new SamplingOptions { Temperature = 0.8f, Seed = 3 },
    };

    private LanguageModel Model(string family) => family switch
    {
        "fla" => _fla.Model,
        "torchscale" => _torchScale.Model,
        "llama" => _llama.Model,
        _ => _mistral.Model,
    };
}
