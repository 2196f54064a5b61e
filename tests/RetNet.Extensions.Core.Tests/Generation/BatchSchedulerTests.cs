using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Tests.Checkpoints;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>When requests join the batch, wait and leave.</summary>
public sealed class BatchSchedulerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SyntheticModel _llama = SyntheticModel.Llama();
    private readonly GatePolicy _gate = new();

    private LanguageModel Model => _llama.Model;

    [Fact]
    public async Task Requests_join_and_leave_a_running_batch()
    {
        await using BatchScheduler scheduler = new(Model);
        int seen = 0;
        _gate.Passing = () => seen = Math.Max(seen, scheduler.RunningRequests);
        using ScheduledGeneration first = await scheduler.EnqueueAsync(_gate.Request(maxTokens: 40));
        Assert.True(_gate.Inside.Wait(Patience));
        using ScheduledGeneration second = await scheduler.EnqueueAsync(Request(4, maxTokens: 3));
        using ScheduledGeneration third = await scheduler.EnqueueAsync(Request(5, maxTokens: 6));
        Assert.Equal((1, 2), (scheduler.RunningRequests, scheduler.QueuedRequests));

        _gate.Open.Set();

        Assert.Equal(3, (await second.Result).Tokens.Count);
        Assert.Equal(6, (await third.Result).Tokens.Count);
        Assert.Equal(40, (await first.Result).Tokens.Count);
        Assert.Equal(3, seen);
        await scheduler.DisposeAsync();
        Assert.Equal((0, 0, 0), (scheduler.RunningRequests, scheduler.QueuedRequests, scheduler.ReservedStateBytes));
    }

    [Fact]
    public async Task The_text_is_streamed_and_is_that_of_the_generator()
    {
        using TextModel model = TextModel.Load(Path.Combine(RepositoryFiles.Models, "retnet-tinystories"),
            new ModelLoadOptions { Threads = 1 });
        GenerationRequest request = new(
            model.Chat.Encode([new ChatTemplateMessage("user", "Tell me a story about a cat.")]),
            model.DefaultOptions with { MaxTokens = 60, Sampling = SamplingOptions.Greedy, StopStrings = ["never there"] });
        GenerationResult expected = model.CreateGenerator().Generate(request);
        await using BatchScheduler scheduler = new(model.Model, model.Tokenizer);
        using ScheduledGeneration generation = await scheduler.EnqueueAsync(request);

        string text = "";
        List<int> tokens = [];
        while (await generation.ReadAsync())
        {
            text += generation.Text.ToString();
            tokens.AddRange(generation.Tokens);
        }

        GenerationResult result = await generation.Result;
        Assert.Equal(expected.Text, text);
        Assert.Equal(expected.Tokens, tokens);
        Assert.Equal(expected.Tokens, result.Tokens);
        Assert.Equal(expected with { Tokens = [] }, result with { Tokens = [] });
        Assert.False(await generation.ReadAsync());
    }

    [Fact]
    public async Task A_reader_who_comes_late_gets_everything_at_once_and_holds_nobody_up()
    {
        await using BatchScheduler scheduler = new(Model);
        using ScheduledGeneration unread = await scheduler.EnqueueAsync(Request(3, maxTokens: 500));
        using ScheduledGeneration read = await scheduler.EnqueueAsync(Request(3, maxTokens: 5));
        int tokens = 0;
        while (await read.ReadAsync())
            tokens += read.Tokens.Length;
        Assert.Equal(5, tokens);

        GenerationResult result = await unread.Result;

        Assert.True(await unread.ReadAsync());
        Assert.Equal(result.Tokens, unread.Tokens.ToArray());
        Assert.False(await unread.ReadAsync());
    }

    [Fact]
    public async Task Two_reads_at_once_are_refused()
    {
        await using BatchScheduler scheduler = new(Model);
        using ScheduledGeneration generation = await scheduler.EnqueueAsync(_gate.Request());
        ValueTask<bool> first = generation.ReadAsync();

        Assert.Contains("one reader", Assert.Throws<InvalidOperationException>(() => { _ = generation.ReadAsync(); }).Message,
            StringComparison.Ordinal);

        _gate.Open.Set();
        Assert.True(await first);
    }

    [Fact]
    public async Task A_request_that_waits_for_memory_is_not_overtaken_by_smaller_ones()
    {
        long small = Model.StateBytes(null, 10);
        long large = Model.StateBytes(null, 300);
        long gate = Model.StateBytes(_gate.Request().Options!.State, 100);
        await using BatchScheduler scheduler = new(Model, options: new() { StateBudgetBytes = Math.Max(gate + small, large) });
        long most = 0;
        _gate.Passing = () => most = Math.Max(most, scheduler.ReservedStateBytes);
        using ScheduledGeneration running = await scheduler.EnqueueAsync(_gate.Request(98));
        Assert.True(_gate.Inside.Wait(Patience));
        using ScheduledGeneration big = await scheduler.EnqueueAsync(Request(150, maxTokens: 150));
        ScheduledGeneration[] little = new ScheduledGeneration[5];
        for (int i = 0; i < little.Length; i++)
            little[i] = await scheduler.EnqueueAsync(Request(5, maxTokens: 5));

        _gate.Open.Set();
        await Task.WhenAll(little.Select(one => one.Result));

        // The budget has room for the small ones beside the first, yet the big one was before them.
        Assert.True(running.Result.IsCompletedSuccessfully && big.Result.IsCompletedSuccessfully);
        Assert.InRange(most, gate, gate);
    }

    [Fact]
    public async Task A_request_whose_state_can_never_fit_is_told_how_much_is_missing()
    {
        await using BatchScheduler scheduler = new(Model, options: new() { StateBudgetBytes = 100_000 });

        StateBudgetException failure = await Assert.ThrowsAsync<StateBudgetException>(
            async () => await scheduler.EnqueueAsync(Request(5, maxTokens: 4000)));

        Assert.Contains($"{Model.StateBytes(null, 4005)} bytes", failure.Message, StringComparison.Ordinal);
        Assert.Contains("is 100000", failure.Message, StringComparison.Ordinal);
        Assert.Equal((Model.StateBytes(null, 4005), 100_000), (failure.RequiredBytes, failure.BudgetBytes));
        Assert.Equal(5, (await scheduler.GenerateAsync([Request(5, maxTokens: 5)]))[0].Tokens.Count);
    }

    [Fact]
    public async Task A_state_of_the_caller_is_counted_with_its_own_options()
    {
        StateOptions bounded = new() { Policy = new Tova(4), PromptChunk = 4 };
        await using BatchScheduler scheduler = new(Model, options: new() { StateBudgetBytes = Model.StateBytes(bounded, 4005) });
        using SequenceState state = Model.CreateState(bounded);

        using ScheduledGeneration generation = await scheduler.EnqueueAsync(Request(5, maxTokens: 4000) with { State = state });
        generation.Cancel();

        Assert.Throws<StateBudgetException>(() => scheduler.TryEnqueue(Request(5, maxTokens: 4000), out _));
        await Assert.ThrowsAsync<OperationCanceledException>(() => generation.Result);
    }

    [Fact]
    public async Task A_full_queue_refuses_or_lets_wait()
    {
        await using BatchScheduler scheduler = new(Model, options: new() { MaxQueue = 1, MaxBatch = 1 });
        using ScheduledGeneration running = await scheduler.EnqueueAsync(_gate.Request());
        Assert.True(_gate.Inside.Wait(Patience));
        using ScheduledGeneration queued = await scheduler.EnqueueAsync(Request(3, maxTokens: 4));

        Assert.False(scheduler.TryEnqueue(Request(3, maxTokens: 4), out _));
        ValueTask<ScheduledGeneration> waiting = scheduler.EnqueueAsync(Request(3, maxTokens: 4));
        Assert.False(waiting.IsCompleted);
        using CancellationTokenSource cancellation = new();
        ValueTask<ScheduledGeneration> impatient = scheduler.EnqueueAsync(Request(3, maxTokens: 4), cancellation.Token);
        cancellation.Cancel();
        OperationCanceledException failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await impatient);
        Assert.Equal(cancellation.Token, failure.CancellationToken);

        _gate.Open.Set();
        using ScheduledGeneration last = await waiting;
        Assert.Equal(4, (await last.Result).Tokens.Count);
        Assert.True(scheduler.TryEnqueue(Request(3, maxTokens: 4), out ScheduledGeneration? again));
        Assert.Equal(4, (await again.Result).Tokens.Count);
    }

    [Fact]
    public async Task As_many_requests_are_taken_at_once_as_may_run_and_wait()
    {
        await using BatchScheduler scheduler = new(Model, options: new() { MaxBatch = 3, MaxQueue = 2 });
        List<ScheduledGeneration> taken = [];
        while (scheduler.TryEnqueue(_gate.Request(), out ScheduledGeneration? generation))
            taken.Add(generation);
        _gate.Open.Set();

        Assert.Equal(5, taken.Count);
        await Task.WhenAll(taken.Select(generation => generation.Result));
        Assert.True(scheduler.TryTakePlaces(5, out SchedulerPlaces? places));
        places.Dispose();
        taken.ForEach(generation => generation.Dispose());
    }

    [Fact]
    public async Task Any_number_of_requests_may_wait()
    {
        await using BatchScheduler scheduler = new(Model, options: new() { MaxBatch = 3, MaxQueue = int.MaxValue });

        Assert.Equal(4, (await scheduler.GenerateAsync([Request(3, maxTokens: 4)])).Single().Tokens.Count);
        Assert.True(scheduler.TryTakePlaces(100, out SchedulerPlaces? places));
        places.Dispose();
    }

    [Fact]
    public async Task Requests_that_come_together_find_places_or_none_is_taken()
    {
        await using BatchScheduler scheduler = new(Model, options: new() { MaxBatch = 2, MaxQueue = 2 });
        await using BatchScheduler otherScheduler = new(Model);
        using ScheduledGeneration running = await scheduler.EnqueueAsync(_gate.Request());

        Assert.False(scheduler.TryTakePlaces(4, out _));
        Assert.True(scheduler.TryTakePlaces(3, out SchedulerPlaces? places));
        Assert.False(scheduler.TryEnqueue(Request(3, maxTokens: 4), out _));
        Assert.Throws<ArgumentException>(() => otherScheduler.TryEnqueuePlaced(Request(3, maxTokens: 4), places, out _, default));
        Assert.True(scheduler.TryEnqueuePlaced(Request(3, maxTokens: 4), places, out ScheduledGeneration? first, default));
        Assert.True(scheduler.TryEnqueuePlaced(Request(3, maxTokens: 4), places, out ScheduledGeneration? second, default));
        places.Dispose();
        places.Dispose();
        Assert.True(scheduler.TryEnqueuePlaced(Request(3, maxTokens: 4), places, out ScheduledGeneration? third, default));
        Assert.False(scheduler.TryEnqueue(Request(3, maxTokens: 4), out _));
        _gate.Open.Set();

        await Task.WhenAll(first.Result, second.Result, third.Result);
        Assert.Contains("expected at most 4", Assert.Throws<ArgumentException>(() => scheduler.TryTakePlaces(5, out _)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_prompt_does_not_hold_up_those_who_decode()
    {
        await using BatchScheduler scheduler = new(Model, options: new() { PrefillChunk = 16 });
        using ScheduledGeneration first = await scheduler.EnqueueAsync(_gate.Request(maxTokens: 30));
        Assert.True(_gate.Inside.Wait(Patience));
        ScheduledGeneration[] prompts = [await scheduler.EnqueueAsync(Request(800, maxTokens: 1)),
            await scheduler.EnqueueAsync(Request(20, maxTokens: 1))];

        _gate.Open.Set();
        await first.Result;

        // 30 steps read at most 480 of the 800 tokens; the short prompt had its turns in between.
        Assert.False(prompts[0].Result.IsCompleted);
        Assert.True(prompts[1].Result.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Several_texts_come_in_the_order_of_their_requests()
    {
        await using BatchScheduler scheduler = new(Model, options: new() { MaxBatch = 3, MaxQueue = 2 });
        GenerationRequest[] requests = [.. Enumerable.Range(1, 10).Select(i => Request(i, maxTokens: 11 - i))];

        IReadOnlyList<GenerationResult> results = await scheduler.GenerateAsync(requests);

        Assert.Equal(requests.Select(request => request.Options!.MaxTokens), results.Select(result => result.Tokens.Count));
    }

    [Fact]
    public void Bad_options_are_named()
    {
        Refused("MaxBatch is 0", new() { MaxBatch = 0 });
        Refused("MaxBatch is 4097; expected 1 to 4096", new() { MaxBatch = 4097 });
        Refused("MaxQueue is 0", new() { MaxQueue = 0 });
        Refused("PrefillChunk is -1", new() { PrefillChunk = -1 });
        Refused("StateBudgetBytes is 0", new() { StateBudgetBytes = 0 });
        Refused("KeptStateBytes is -1", new() { KeptStateBytes = -1 });

        void Refused(string says, BatchSchedulerOptions options) =>
            Assert.Contains(says, Assert.Throws<ArgumentException>(() => new BatchScheduler(Model, options: options)).Message,
                StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _gate.Dispose();
        _llama.Dispose();
    }

    private static GenerationRequest Request(int promptLength, int maxTokens) =>
        new(SyntheticModel.Tokens(promptLength),
            new GenerationOptions { MaxTokens = maxTokens, StopTokens = [], Sampling = SamplingOptions.Greedy });
}
