using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Tests.Generation.Scheduling;

/// <summary>Copies of states are a help, not a need: where there is no memory for them, texts are what they would be without.</summary>
public sealed class ScarceCopyTests
{
    private static readonly GenerationOptions Options = new() { MaxTokens = 20, StopTokens = [] };

    private readonly ScriptedModel _model = new(seen => ScriptedModel.Surely((seen.Sum() + seen.Count) % 16));

    [Fact]
    public async Task A_prefix_that_cannot_be_copied_is_read_and_running_texts_go_on()
    {
        GenerationRequest request = new(new[] { 1, 2, 3, 4, 5, 6 }, Options) { PrefixLength = 4 };
        GenerationRequest running = new(new[] { 5 }, Options with { MaxTokens = 500 });
        IReadOnlyList<int> expected = new Generator(_model).Generate(request).Tokens;
        IReadOnlyList<int> expectedRunning = new Generator(_model).Generate(running).Tokens;
        await using BatchScheduler scheduler = new(_model);
        await scheduler.GenerateAsync([request]);
        int refused = 0;
        _model.Forking = () =>
        {
            refused++;
            throw new InsufficientMemoryException();
        };
        using ScheduledGeneration other = await scheduler.EnqueueAsync(running);
        Assert.True(await other.ReadAsync());

        using ScheduledGeneration generation = await scheduler.EnqueueAsync(request);

        Assert.Equal(expected, (await generation.Result).Tokens);
        Assert.Equal(expectedRunning, (await other.Result).Tokens);
        Assert.Equal(0, generation.CachedTokens);
        Assert.True(refused > 0);
    }

    [Fact]
    public async Task What_cannot_be_kept_is_not_kept()
    {
        int refused = 0;
        _model.Forking = () =>
        {
            refused++;
            throw new InsufficientMemoryException();
        };
        GenerationRequest request = new(new[] { 1, 2, 3, 4, 5, 6 }, Options) { PrefixLength = 4, KeepFor = this, KeepPrompt = true };
        IReadOnlyList<int> expected = new Generator(_model).Generate(request).Tokens;
        GenerationRequest turn = request with { Prompt = (int[])[1, 2, 3, 4, 5, 6, .. expected, 7], PrefixLength = 0 };
        IReadOnlyList<int> expectedTurn = new Generator(_model).Generate(turn).Tokens;
        await using BatchScheduler scheduler = new(_model);

        Assert.Equal(expected, (await scheduler.GenerateAsync([request]))[0].Tokens);
        Assert.Equal(2, refused);

        Assert.False(scheduler.SaveKept(this, turn.Prompt.Span, Options.State, new MemoryStream()));

        // The state after the text was handed over, not copied; the copy for other branches is refused.
        using ScheduledGeneration answer = await scheduler.EnqueueAsync(turn);
        Assert.Equal(expectedTurn, (await answer.Result).Tokens);
        Assert.Equal(6 + expected.Count - 1, answer.CachedTokens);
        Assert.True(refused > 3);
    }

    [Fact]
    public async Task What_cannot_be_kept_takes_no_room_of_what_is()
    {
        GenerationRequest first = new(new[] { 1, 2, 3, 4, 5, 6 }, Options) { PrefixLength = 4 };
        GenerationRequest second = first with { Prompt = new[] { 2, 2, 3, 4, 5, 6 } };
        using SequenceState one = _model.CreateState(Options.State);
        await using BatchScheduler scheduler = new(_model, options: new BatchSchedulerOptions { KeptStateBytes = one.ByteSize });
        await scheduler.GenerateAsync([first]);
        _model.Forking = () => throw new InsufficientMemoryException();
        await scheduler.GenerateAsync([second]);
        _model.Forking = null;

        using ScheduledGeneration again = await scheduler.EnqueueAsync(first);
        await again.Result;

        Assert.Equal(4, again.CachedTokens);
    }

    [Fact]
    public async Task A_turn_that_is_cancelled_before_it_read_anything_leaves_the_state_of_its_conversation()
    {
        await using BatchScheduler scheduler = new(_model, options: new BatchSchedulerOptions { PrefillChunk = 4 });
        GenerationRequest first = new(new[] { 1, 2, 3 }, Options) { KeepFor = this };
        int[] history = [1, 2, 3, .. (await scheduler.GenerateAsync([first]))[0].Tokens];
        GenerationRequest turn = first with { Prompt = (int[])[.. history, 4, 5] };

        // No other branch has a copy. A prompt that came before takes all room of the step with which the turn joins.
        _model.Forking = () => throw new InsufficientMemoryException();
        using ManualResetEventSlim inside = new(), open = new();
        _model.Beginning = () =>
        {
            inside.Set();
            open.Wait();
        };
        using ScheduledGeneration running = await scheduler.EnqueueAsync(
            new GenerationRequest(new[] { 5 }, Options with { MaxTokens = 500 }));
        inside.Wait();
        using ScheduledGeneration before = await scheduler.EnqueueAsync(new GenerationRequest(new int[100], Options));
        using ScheduledGeneration cancelled = await scheduler.EnqueueAsync(turn);
        _model.Beginning = cancelled.Cancel;
        open.Set();
        await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled.Result);
        await before.Result;
        _model.Beginning = null;

        using ScheduledGeneration again = await scheduler.EnqueueAsync(turn);

        Assert.Equal(new Generator(_model).Generate(turn).Tokens, (await again.Result).Tokens);
        Assert.Equal(history.Length - 1, again.CachedTokens);
    }
}
