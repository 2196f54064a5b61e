using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Tests.Generation;

public sealed class StateStoreTests : IDisposable
{
    private readonly SyntheticModel _fla = SyntheticModel.Fla();
    private readonly SequenceState _state;

    public StateStoreTests()
    {
        _state = _fla.Model.CreateState();
        SyntheticModel.Feed(_state, SyntheticModel.Tokens(64, seed: 99));
    }

    [Fact]
    public void The_prefixes_used_least_recently_go_when_there_is_no_room()
    {
        using StateStore store = Create(long.MaxValue, 2 * _state.ByteSize);
        int[][] prompts = [.. Enumerable.Range(0, 3).Select(i => (int[])[.. SyntheticModel.Tokens(64, seed: i), 1, 2])];
        store.KeepCopy(prompts[0], StateOptions.Default, _state);
        store.KeepCopy(prompts[1], StateOptions.Default, _state);
        store.ForkPrefix(prompts[0], StateOptions.Default)!.Dispose();
        store.KeepCopy(prompts[2], StateOptions.Default, _state);

        Assert.Equal(2 * _state.ByteSize, store.KeptBytes);
        Assert.Equal([true, false, true], prompts.Select(prompt =>
        {
            using SequenceState? found = store.ForkPrefix(prompt, StateOptions.Default);
            return found is not null;
        }));
        Assert.Null(store.ForkPrefix(prompts[0].AsSpan(0, 64), StateOptions.Default));
        Assert.Null(store.ForkPrefix(prompts[0], new StateOptions { Form = RetentionForm.Chunkwise }));
        Assert.Null(store.ForkPrefix(prompts[0].AsSpan(0, 65), StateOptions.Default));
    }

    // Otherwise the prefix of all conversations would be the first to go, used last when the first of them began.
    [Fact]
    public void A_prefix_outlives_the_conversations_that_began_with_it_before()
    {
        using StateStore store = Create(long.MaxValue, 3 * _state.ByteSize);
        int[] prefix = SyntheticModel.Tokens(64, seed: 1);
        store.KeepCopy((int[])[.. prefix, 1, 0], StateOptions.Default, _state);
        SequenceState[] conversations = [.. Enumerable.Range(0, 3).Select(_ => _state.Fork())];
        for (int i = 0; i < 3; i++)
            Keep(store, [.. prefix, i, 0], conversations[i], owner: this);

        Assert.Equal([true, false, false], conversations.Select(state => state.IsDisposed));
        using SequenceState? found = store.ForkPrefix([.. prefix, 4, 0], StateOptions.Default);
        Assert.NotNull(found);
    }

    [Fact]
    public void A_state_takes_the_room_of_the_one_that_it_replaces()
    {
        using StateStore store = Create(long.MaxValue, 2 * _state.ByteSize);
        SequenceState[] states = [.. Enumerable.Range(0, 3).Select(_ => _state.Fork())];
        Keep(store, [1], states[0], this);
        Keep(store, [2], states[1], this);
        Keep(store, [2], states[2], this);

        Assert.Equal([false, true, false], states.Select(state => state.IsDisposed));
        Assert.Equal(2 * _state.ByteSize, store.KeptBytes);
    }

    [Fact]
    public void Conversations_are_released_with_what_holds_them()
    {
        (object owner, object other) = (new object(), new object());
        using StateStore store = Create(long.MaxValue, 3 * _state.ByteSize);
        SequenceState[] states = [.. Enumerable.Range(0, 6).Select(_ => _state.Fork())];
        for (int i = 0; i < 4; i++)
            Keep(store, [1, i], states[i], owner);
        Assert.Equal([true, false, false, false], states.Take(4).Select(state => state.IsDisposed));

        Assert.True(store.TryReserve(1, new GenerationRequest(new[] { 1, 1, 5 }) { KeepFor = other }, StateOptions.Default,
            out KeptState? none));
        Assert.True(store.TryReserve(1, new GenerationRequest(new[] { 1, 1, 5 }) { KeepFor = owner }, StateOptions.Default,
            out KeptState? taken));
        Assert.Null(none);
        Assert.Same(states[1], taken!.State);

        Keep(store, [2], states[4], other);
        store.Forget(owner);
        Keep(store, [3], states[5], owner);

        Assert.Equal([true, false, true, true, false, true], states.Select(state => state.IsDisposed));
        store.Dispose();
        Assert.True(states[4].IsDisposed);
        Assert.Equal(0, store.KeptBytes);
        taken.State.Dispose();
    }

    [Fact]
    public void Kept_states_make_room_for_requests_and_running_ones_do_not()
    {
        long size = _state.ByteSize;
        object owner = new();
        GenerationRequest request = new(new[] { 9 });
        using StateStore store = Create(4 * size, 3 * size);
        for (int i = 0; i < 3; i++)
            Keep(store, [i], _state.Fork(), owner);

        Assert.True(store.TryReserve(3 * size, request, StateOptions.Default, out _));
        Assert.Equal((3 * size, size), (store.ReservedBytes, store.KeptBytes));
        Assert.False(store.TryReserve(2 * size, request, StateOptions.Default, out _));
        Assert.Equal((3 * size, size), (store.ReservedBytes, store.KeptBytes));

        // The state that a request continues is not counted twice.
        Assert.True(store.TryReserve(size, new GenerationRequest(new[] { 2, 9 }) { KeepFor = owner }, StateOptions.Default,
            out KeptState? continued));
        Assert.NotNull(continued);
        Assert.Equal((4 * size, 0), (store.ReservedBytes, store.KeptBytes));
        continued.State.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_text_goes_on_from_the_state_of_its_conversation(bool retnet)
    {
        using SyntheticModel llama = SyntheticModel.Llama();
        LanguageModel model = retnet ? _fla.Model : llama.Model;
        await using BatchScheduler scheduler = new(model);
        GenerationOptions options = new()
        {
            MaxTokens = 20,
            StopTokens = [],
            Sampling = SamplingOptions.Greedy with { RepetitionPenalty = 3 }
        };
        GenerationRequest first = new(SyntheticModel.Tokens(30, seed: 1), options) { KeepFor = this };
        using ScheduledGeneration said = await scheduler.EnqueueAsync(first);
        int[] history = [.. first.Prompt.ToArray(), .. (await said.Result).Tokens];
        GenerationRequest turn = new((int[])[.. history, .. SyntheticModel.Tokens(9, seed: 2)], options) { KeepFor = this };

        using ScheduledGeneration answered = await scheduler.EnqueueAsync(turn);
        using ScheduledGeneration stranger = await scheduler.EnqueueAsync(turn with { KeepFor = new object() });
        GenerationResult answer = await answered.Result;
        GenerationResult anew = await stranger.Result;

        Assert.Equal((history.Length - 1, 0), (answered.CachedTokens, stranger.CachedTokens));
        Assert.Equal(anew.Tokens, answer.Tokens);
        Assert.Equal(turn.Prompt.Length, answer.PromptTokens);
        Assert.Throws<ArgumentException>(() => scheduler.TryEnqueue(turn with { KeepState = true }, out _));
        Assert.True(scheduler.KeptStateBytes > 0);
        await scheduler.DisposeAsync();
        Assert.Equal((0, 0), (scheduler.KeptStateBytes, scheduler.ReservedStateBytes));
    }

    public void Dispose()
    {
        _state.Dispose();
        _fla.Dispose();
    }

    private static void Keep(StateStore store, int[] tokens, SequenceState state, object owner) =>
        store.Keep(new KeptState(tokens, StateOptions.Default, default, state), owner);

    private StateStore Create(long bytes, long limit)
    {
        MemoryBudget budget = new(bytes, countsWorkspaces: false);
        StateStore store = new(budget, limit, () => { });
        budget.Add(store, _fla.Model);
        return store;
    }
}
