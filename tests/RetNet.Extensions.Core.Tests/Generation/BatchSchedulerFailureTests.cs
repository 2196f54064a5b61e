using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>Cancelling, failing and disposing at every stage does not affect other requests.</summary>
public sealed class BatchSchedulerFailureTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SyntheticModel _llama = SyntheticModel.Llama();
    private readonly GatePolicy _gate = new();

    private LanguageModel Model => _llama.Model;

    [Fact]
    public async Task A_request_that_waits_is_cancelled_at_once()
    {
        await using BatchScheduler scheduler = new(Model, options: new() { MaxBatch = 1 });
        using ScheduledGeneration running = await scheduler.EnqueueAsync(_gate.Request());
        Assert.True(_gate.Inside.Wait(Patience));
        using CancellationTokenSource cancellation = new();
        using ScheduledGeneration byToken = await scheduler.EnqueueAsync(Request(), cancellation.Token);
        using ScheduledGeneration byCall = await scheduler.EnqueueAsync(Request());
        ScheduledGeneration byDisposal = await scheduler.EnqueueAsync(Request());

        cancellation.Cancel();
        byCall.Cancel();
        byDisposal.Dispose();

        // The step is still going on.
        OperationCanceledException failure = await Assert.ThrowsAsync<OperationCanceledException>(() => byToken.Result);
        Assert.Equal(cancellation.Token, failure.CancellationToken);
        await Assert.ThrowsAsync<OperationCanceledException>(() => byCall.Result);
        await Assert.ThrowsAsync<OperationCanceledException>(() => byDisposal.Result);
        Assert.Equal(0, scheduler.QueuedRequests);
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await byToken.ReadAsync());
        _gate.Open.Set();
        await running.Result;
    }

    [Fact]
    public async Task A_request_in_the_batch_leaves_with_the_next_step()
    {
        await using BatchScheduler scheduler = new(Model);
        using SequenceState state = Model.CreateState();
        using ScheduledGeneration gate = await scheduler.EnqueueAsync(_gate.Request(maxTokens: 100));
        using ScheduledGeneration decoding = await scheduler.EnqueueAsync(Request(maxTokens: 1_000_000) with { State = state });
        using ScheduledGeneration reading = await scheduler.EnqueueAsync(Request(maxTokens: 5, promptLength: 100_000));
        _gate.Open.Set();
        Assert.True(await decoding.ReadAsync());

        decoding.Cancel();
        reading.Cancel();

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await decoding.ReadAsync());
        await Assert.ThrowsAsync<OperationCanceledException>(() => decoding.Result);
        await Assert.ThrowsAsync<OperationCanceledException>(() => reading.Result);

        // The state is the caller's, and between two steps.
        int[] seen = [.. SyntheticModel.Tokens(3)];
        Assert.True(state.Position >= seen.Length);
        Model.Forward(state, [1], new float[50]);
        await gate.Result;
        decoding.Cancel();
    }

    [Fact]
    public async Task A_cancelled_token_starts_nothing()
    {
        await using BatchScheduler scheduler = new(Model);
        CancellationToken cancelled = new(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await scheduler.EnqueueAsync(Request(), cancelled));
        Assert.ThrowsAny<OperationCanceledException>(() => scheduler.TryEnqueue(Request(), out _, cancelled));
        Assert.Equal(0, scheduler.QueuedRequests);
    }

    [Fact]
    public async Task Bad_requests_are_refused_by_name_where_they_are_made()
    {
        await using BatchScheduler scheduler = new(Model);
        using SyntheticModel other = SyntheticModel.Llama();
        using SequenceState foreign = other.Model.CreateState();
        Refused("no token", new GenerationRequest(Array.Empty<int>()));
        Refused("MaxTokens is 0", new GenerationRequest(new[] { 1 }, new GenerationOptions { MaxTokens = 0 }));
        Refused("tokenizer", new GenerationRequest(new[] { 1 }, new GenerationOptions { StopStrings = ["x"] }));
        Refused("Token 77", new GenerationRequest(new[] { 77 }));
        Refused("Token 50", new GenerationRequest(new[] { 1 }) { Context = new[] { 49, 50 } });
        Refused("another model", new GenerationRequest(new[] { 1 }, State: foreign));
        Refused("PrefixLength is 2", new GenerationRequest(new[] { 1 }) { PrefixLength = 2 });

        void Refused(string says, GenerationRequest request) =>
            Assert.Contains(says, Assert.ThrowsAny<ArgumentException>(() => scheduler.TryEnqueue(request, out _)).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_fails_does_not_change_the_others()
    {
        GenerationRequest good = Request(maxTokens: 30);
        IReadOnlyList<int> expected = new Generator(Model).Generate(good).Tokens;
        await using BatchScheduler scheduler = new(Model);
        using SequenceState busy = Model.CreateState(new StateOptions { Policy = _gate });
        using SequenceState disposed = Model.CreateState();
        using SequenceState shared = Model.CreateState();
        using SequenceState failing = Model.CreateState(new StateOptions { Policy = new GreedyPolicy() });
        using SequenceState broken = Model.CreateState(new StateOptions { Policy = new GreedyPolicy() });
        Assert.Throws<InvalidOperationException>(() => Model.Forward(broken, [1, 2, 3], new float[50]));
        disposed.Dispose();
        Thread user = new(() => Record.Exception(() => Model.Forward(busy, [1, 2], new float[50])));
        user.Start();
        Assert.True(_gate.Inside.Wait(Patience));

        using ScheduledGeneration first = await scheduler.EnqueueAsync(good);
        GenerationRequest[] bad =
        [
            good with { Options = good.Options! with { State = new StateOptions { Policy = new GreedyPolicy() } } },
            good with { State = failing }, good with { State = busy }, good with { State = disposed }, good with { State = broken },
            good with { State = shared }, good with { State = shared },
        ];
        List<ScheduledGeneration> generations = [];
        foreach (GenerationRequest request in bad)
            generations.Add(await scheduler.EnqueueAsync(request));
        using ScheduledGeneration last = await scheduler.EnqueueAsync(good);

        Assert.Contains("keeps 3 rows", (await Assert.ThrowsAsync<InvalidOperationException>(() => generations[0].Result)).Message,
            StringComparison.Ordinal);
        Assert.Contains("keeps 3 rows", (await Assert.ThrowsAsync<InvalidOperationException>(() => generations[1].Result)).Message,
            StringComparison.Ordinal);
        Assert.Contains("in use by another forward",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => generations[2].Result)).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OperationCanceledException>(() => generations[3].Result);
        Assert.Contains(
            "left the state incomplete", (await Assert.ThrowsAsync<InvalidOperationException>(() => generations[4].Result)).Message,
            StringComparison.Ordinal);
        Assert.Equal(expected, (await generations[5].Result).Tokens);
        Assert.Equal(expected, (await first.Result).Tokens);
        Assert.Equal(expected, (await last.Result).Tokens);
        Exception? sharing = await Record.ExceptionAsync(() => generations[6].Result);
        Assert.True(sharing is null || sharing.Message.Contains("in use by another request", StringComparison.Ordinal));
        generations.ForEach(generation => generation.Dispose());
        _gate.Open.Set();
        user.Join();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public async Task Requests_that_run_out_of_memory_together_go_on_one_by_one(int cuts)
    {
        GenerationRequest good = Request(maxTokens: 30);
        IReadOnlyList<int> expected = new Generator(Model).Generate(good).Tokens;
        StateOptions exhausting = new() { Policy = new ExhaustingPolicy(cuts) };
        await using BatchScheduler scheduler = new(Model);
        using ScheduledGeneration before = await scheduler.EnqueueAsync(_gate.Request());
        Assert.True(_gate.Inside.Wait(Patience));
        using SequenceState own = Model.CreateState();
        using ScheduledGeneration first = await scheduler.EnqueueAsync(good);
        using ScheduledGeneration failing = await scheduler.EnqueueAsync(
            good with { Options = good.Options! with { State = exhausting } });
        using ScheduledGeneration givenState = await scheduler.EnqueueAsync(good with { State = own });
        using ScheduledGeneration last = await scheduler.EnqueueAsync(good);
        _gate.Open.Set();

        Assert.Equal(expected, (await first.Result).Tokens);
        Assert.Equal(expected, (await last.Result).Tokens);
        await Assert.ThrowsAsync<OutOfMemoryException>(() => failing.Result);

        // What its caller fed before is not known here.
        await Assert.ThrowsAsync<OutOfMemoryException>(() => givenState.Result);
    }

    [Fact]
    public async Task Where_one_of_several_fails_the_others_are_cancelled()
    {
        await using BatchScheduler scheduler = new(Model);
        using SequenceState state = Model.CreateState();
        GenerationRequest failing =
            Request(maxTokens: 30) with { Options = new GenerationOptions { State = new StateOptions { Policy = new GreedyPolicy() } } };

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => scheduler.GenerateAsync([Request(maxTokens: 1_000_000) with { State = state }, failing]).WaitAsync(Patience));

        Assert.InRange(state.Position, 0, 100_000);
        Model.Forward(state, [1], new float[50]);
    }

    [Fact]
    public async Task A_request_that_is_cancelled_while_it_is_made_does_not_wait()
    {
        await using BatchScheduler scheduler = new(Model, options: new() { MaxBatch = 1 });
        using ScheduledGeneration running = await scheduler.EnqueueAsync(_gate.Request());
        Assert.True(_gate.Inside.Wait(Patience));
        using CancellationTokenSource cancellation = new();
        GenerationRequest request = Request();

        Assert.True(scheduler.TryEnqueue(
            request with
            {
                Options = request.Options! with
                {
                    StopStrings = new CancellingList(
                cancellation)
                }
            }, out ScheduledGeneration? generation, cancellation.Token));

        await Assert.ThrowsAsync<OperationCanceledException>(() => generation.Result.WaitAsync(Patience));
        Assert.Equal(0, scheduler.QueuedRequests);
        _gate.Open.Set();
        await running.Result;
    }

    [Fact]
    public async Task Disposing_a_state_in_the_batch_ends_its_request_alone()
    {
        await using BatchScheduler scheduler = new(Model);
        SequenceState state = Model.CreateState();
        using ScheduledGeneration victim = await scheduler.EnqueueAsync(Request(maxTokens: 1_000_000) with { State = state });
        using ScheduledGeneration other = await scheduler.EnqueueAsync(Request(maxTokens: 200));
        Assert.True(await victim.ReadAsync());

        state.Dispose();

        await Assert.ThrowsAsync<OperationCanceledException>(() => victim.Result);
        Assert.Equal(200, (await other.Result).Tokens.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disposing_model_or_scheduler_cancels_everything(bool disposeModel)
    {
        for (int round = 0; round < 10; round++)
        {
            using SyntheticModel model = SyntheticModel.Fla(threads: 2, width: 64);
            await using BatchScheduler scheduler = new(model.Model, options: new() { MaxBatch = 2, MaxQueue = 2 });
            List<ScheduledGeneration> generations = [];
            for (int i = 0; i < 4; i++)
                generations.Add(await scheduler.EnqueueAsync(Request(maxTokens: 1_000_000)));
            ValueTask<ScheduledGeneration> waiting = scheduler.EnqueueAsync(Request());
            Assert.True(await generations[0].ReadAsync());
            Thread.SpinWait(round * 2000);

            if (disposeModel)
                model.Model.Dispose();
            else
                scheduler.Dispose();

            foreach (ScheduledGeneration generation in generations)
                await Assert.ThrowsAsync<OperationCanceledException>(() => generation.Result.WaitAsync(Patience));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await (await waiting).Result);
            await Assert.ThrowsAsync<OperationCanceledException>(async () =>
            {
                while (await generations[1].ReadAsync())
                {
                }
            });
            if (!disposeModel)
                Assert.Throws<ObjectDisposedException>(() => scheduler.TryEnqueue(Request(), out _));
        }
    }

    [Fact]
    public async Task A_kept_state_is_handed_over_once_or_released()
    {
        await using BatchScheduler scheduler = new(Model);
        using ScheduledGeneration taken = await scheduler.EnqueueAsync(Request(maxTokens: 4) with { KeepState = true });
        Assert.Throws<InvalidOperationException>(() => new ScheduledGeneration(scheduler, Request(), 0).TakeState());
        await taken.Result;

        using SequenceState state = taken.TakeState();

        Assert.Equal(6, state.Position);
        Assert.Throws<InvalidOperationException>(taken.TakeState);
        Model.Forward(state, [1], new float[50]);
        ScheduledGeneration left = await scheduler.EnqueueAsync(Request(maxTokens: 4) with { KeepState = true });
        await left.Result;
        left.Dispose();
        Assert.Throws<InvalidOperationException>(left.TakeState);
    }

    public void Dispose()
    {
        _gate.Dispose();
        _llama.Dispose();
    }

    private static GenerationRequest Request(int maxTokens = 3, int promptLength = 3) =>
        new(SyntheticModel.Tokens(promptLength), new GenerationOptions { MaxTokens = maxTokens, StopTokens = [] });

    /// <summary>An empty list that cancels when it is looked at.</summary>
    private sealed class CancellingList(CancellationTokenSource cancellation) : IReadOnlyList<string>
    {
        public int Count => 0;

        public string this[int index] => throw new ArgumentOutOfRangeException(nameof(index));

        public IEnumerator<string> GetEnumerator()
        {
            cancellation.Cancel();
            return Enumerable.Empty<string>().GetEnumerator();
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>Keeps one row; after some cuts there is no memory.</summary>
    private sealed class ExhaustingPolicy(int cuts) : IMultiStatePolicy
    {
        private int _cuts;

        public string Name => "exhausting";

        public StateSize Size => 1;

        public AttentionNeeds Needs => AttentionNeeds.None;

        public bool RunsInBatch => true;

        public void Keep(in MultiStateRows rows, Span<bool> keep)
        {
            if (_cuts++ >= cuts)
                throw new OutOfMemoryException();
            keep[^1] = true;
        }
    }

    /// <summary>Keeps more than it may, which fails in the middle of a forward.</summary>
    private sealed class GreedyPolicy : IMultiStatePolicy
    {
        public string Name => "greedy";

        public StateSize Size => 2;

        public AttentionNeeds Needs => AttentionNeeds.None;

        public void Keep(in MultiStateRows rows, Span<bool> keep) => keep.Fill(true);
    }
}
